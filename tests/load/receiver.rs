//! Part 7: how many webhooks a second `shipbridge serve` confirms over RabbitMQ, against the raw ceiling and
//! against the receiver that most would write first; how long they take at half of the peak; and how much memory
//! that needs. The contenders take turns, so that whatever else the machine does hits all of them.

mod bare;
mod contenders;
mod express;
mod figures;
mod table;

use std::path::Path;
use std::time::Duration;

use crate::Pace;
use crate::figures::{grouped, milliseconds};
use crate::load::{Level, Pulse, run_at};
use crate::machine::Cost;
use crate::report::Report;
use crate::servers::RabbitServer;

use contenders::{Contender, Contenders};
use table::Table;

const CONNECTIONS: [usize; 4] = [1, 16, 64, 256];
/// The goals are for so many connections.
const GOALS_AT: usize = 256;
const GOAL_OF_CEILING: f64 = 0.75;
const GOAL_OVER_PEER: f64 = 2.5;
const GOAL_P99: Duration = Duration::from_millis(50);
/// In MiB.
const GOAL_MEMORY: f64 = 30.0;
/// A load is kept up with if so much of it is answered in its time.
const KEPT_UP: f64 = 0.98;

const METHOD: &str = "\
measured     `shipbridge serve` over a RabbitMQ of its own: POST /webhooks/cin7/NAME {\"id\": N}, token in a header,
             keep-alive, one request at a time on each connection. Right is only 202 with an event id, which says
             that RabbitMQ has confirmed. No worker runs.
bare         The raw ceiling: lapin alone, one connection and one channel, no HTTP. It publishes a copy of what
             serve wrote (body, properties, persistent, mandatory), as many at a time as there are connections.
Express      tests/load/peers/express-amqplib: Express and an amqplib confirm channel, as ONE Node process (no
             cluster): proves the token, reads the JSON, publishes persistent and mandatory, answers 202 after the
             confirm. The same client calls it.
queues       One each, quorum, all declared by serve with the same arguments; emptied before each turn.
the cores    RabbitMQ, the contender and the client share this machine. The client is one thread; bare has none, so
             it has that much more of the machine to itself. What each spends is told below.\n";

/// Measures and prints; what is not answered as it must be breaks the run.
pub(crate) async fn measure(folder: &Path, pace: Pace, report: &mut Report) -> anyhow::Result<()> {
    report.part("7. Webhooks over RabbitMQ");
    report.line(METHOD);
    let folder = folder.join("receiver");
    std::fs::create_dir(&folder)?;
    let rabbit = crate::started(RabbitServer::start_new).await?;
    let mut contenders = Contenders::start(&folder, &rabbit, report).await?;
    let level = |connections| Level { connections, warm_up: pace.turn_warm_up, measured: pace.turn };
    let (turn, warm_up) = (pace.turn.as_secs_f64(), pace.turn_warm_up.as_secs_f64());
    report.line(&format!(
        "{} rounds; a turn is {warm_up} s of warm-up, then {turn} s measured; medians\n",
        pace.rounds
    ));
    let mut table = Table::default();
    for round in 0..pace.rounds {
        for connections in CONNECTIONS {
            for contender in Contender::in_turn(round) {
                if let Some(figures) = contenders.turn(contender, level(connections), report).await? {
                    table.enter(connections, contender, figures);
                }
            }
        }
    }
    table.print(report);
    goals(&table, report);
    floor(&table, contenders.http_alone(level(GOALS_AT)).await?, report);
    let rate = table.peak(Contender::Ours) / 2.0;
    let pulse = Pulse {
        connections: GOALS_AT,
        per_second: rate,
        warm_up: pace.turn_warm_up,
        measured: pace.turn * 2,
    };
    steady(&mut contenders, pulse, report).await?;
    memory(&contenders, report);
    contenders.empty()
}

fn goals(table: &Table, report: &mut Report) {
    let ratio = |peer| table.ratio(GOALS_AT, Contender::Ours, peer);
    for (what, goal, ratio) in [
        ("of the raw ceiling", GOAL_OF_CEILING, ratio(Contender::Bare)),
        ("times Express + amqplib", GOAL_OVER_PEER, ratio(Contender::Express)),
    ] {
        let what = format!("{what}, {GOALS_AT} connections");
        match ratio {
            Some(ratio) => {
                report.goal(&what, &format!("{ratio:.2}"), &format!("at least {goal}"), ratio >= goal);
            }
            None => report.absent(&what),
        }
    }
}

/// What part of the raw ceiling could be reached where all share the processors: by a receiver that spends no
/// more than the bare publisher and, for HTTP, what GET /healthz costs it and the client.
fn floor(table: &Table, http: Cost, report: &Report) {
    if let Some(bare) = table.cost(Contender::Bare).map(Cost::in_all).filter(|bare| *bare > 0.0) {
        let spent = format!("HTTP alone (GET /healthz) costs {:.1} us, bare {bare:.1} us", http.in_all());
        let reachable = bare / (bare + http.in_all());
        report.figure("  reachable on these processors", &format!("{reachable:.2}"), &spent);
    }
}

/// Half of the peak, at set times.
async fn steady(contenders: &mut Contenders, pulse: Pulse, report: &mut Report) -> anyhow::Result<()> {
    contenders.empty()?;
    let tally = run_at(contenders.ours(), pulse).await?;
    for (what, count) in &tally.wrong {
        report.broke(&format!("at half of the peak: {count} times {what}"));
    }
    let (asked, answered, p99) = (pulse.per_second, tally.per_second(), tally.latency(99));
    let remark = format!("a second of {} that were due, {GOALS_AT} connections", grouped(asked));
    report.figure("answered at half of the peak", &grouped(answered), &remark);
    let met = p99 < GOAL_P99 && answered >= asked * KEPT_UP;
    let goal = format!("under {} ms", GOAL_P99.as_millis());
    report.goal("  p99, from when each was due", &format!("{} ms", milliseconds(p99)), &goal, met);
    let rest = format!("ms; the longest {} ms", milliseconds(tally.latency(100)));
    report.figure("  p50", &milliseconds(tally.latency(50)), &rest);
    Ok(())
}

fn memory(contenders: &Contenders, report: &mut Report) {
    let Some(memory) = contenders.memory(Contender::Ours) else {
        return report.line("memory: not known here (there is no /proc)");
    };
    let goal = format!("under {GOAL_MEMORY} MiB");
    let what = "receiver's memory at its highest (VmHWM)";
    report.goal(what, &format!("{:.1} MiB", memory.peak), &goal, memory.peak < GOAL_MEMORY);
    report.figure("  of it anonymous, afterwards (RssAnon)", &format!("{:.1} MiB", memory.anonymous), "");
    if let Some(peer) = contenders.memory(Contender::Express) {
        report.figure("  Express, at its highest", &format!("{:.1} MiB", peer.peak), "");
    }
}
