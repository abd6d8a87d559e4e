//! What looking for news costs, held against what the platforms allow in a day: a line for `check` and for the log of a
//! start. Connections on the same key share its budget, so they are judged together.

use std::fmt;

use worker::CallsADay;

use crate::assembly::{credentials, schedule, subscriptions};
use crate::config::{Config, Connection};

const MINUTES_A_DAY: u64 = 24 * 60;

/// What one platform is asked and allows, in calls a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Share {
    own: u64,
    /// Of all connections on the same key, this one among them.
    together: u64,
    allowed: u64,
}

impl Share {
    /// Orders and shipments need the rest.
    fn is_too_much(self) -> bool {
        self.together > self.allowed / 2
    }
}

/// What a connection's looking for news costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cost {
    cin7: Share,
    shipstation: Share,
}

impl Cost {
    /// By the connection's schedule.
    pub(crate) fn of(config: &Config, connection: &Connection) -> Self {
        let own = calls(config, connection);
        let (cin7_key, shipstation_key) = credentials(connection);
        let mut together = CallsADay::default();
        for other in &config.connections {
            let (calls, (cin7, shipstation)) = (calls(config, other), credentials(other));
            together.cin7 += if cin7 == cin7_key { calls.cin7 } else { 0 };
            together.shipstation += if shipstation == shipstation_key { calls.shipstation } else { 0 };
        }
        let (cin7, shipstation) = (&connection.cin7.limits, &connection.shipstation.limits);
        Self {
            cin7: Share { own: own.cin7, together: together.cin7, allowed: cin7.per_day.get().into() },
            shipstation: Share {
                own: own.shipstation,
                together: together.shipstation,
                allowed: u64::from(shipstation.per_minute.get()) * MINUTES_A_DAY,
            },
        }
    }

    /// What is wrong with it, and the mend; `None` while more than half of each platform's calls is left.
    pub(crate) fn fault(&self) -> Option<(String, &'static str)> {
        let (share, platform, mend) = if self.cin7.is_too_much() {
            let mend = "set cin7.watch to a longer time (\"1m\" unless it is set), or to \"off\" where a webhook tells of \
                        changed orders; or correct cin7.limits.per_day, if Cin7 allows more";
            (self.cin7, "Cin7", mend)
        } else if self.shipstation.is_too_much() {
            let mend = "set shipstation.sweep to a longer time (\"5m\" unless it is set); or correct \
                        shipstation.limits.per_minute, if ShipStation allows more";
            (self.shipstation, "ShipStation", mend)
        } else {
            return None;
        };
        let all = if share.together == share.own {
            String::new()
        } else {
            format!(", with the other connections on the same key {}", grouped(share.together))
        };
        Some((format!("{self}{all}: more than half of what {platform} allows"), mend))
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cin7, shipstation } = self;
        let [own_cin7, all_cin7] = [cin7.own, cin7.allowed].map(grouped);
        let [own, all] = [shipstation.own, shipstation.allowed].map(grouped);
        write!(
            f,
            "looking for news costs at least {own_cin7} of {all_cin7} calls a day at Cin7 and {own} of {all} at ShipStation"
        )
    }
}

/// Says at a start what the log's reader may wonder about when the budget runs low.
pub(crate) fn log(config: &Config) {
    for connection in &config.connections {
        let (name, cost) = (&connection.name, Cost::of(config, connection));
        match cost.fault() {
            None => tracing::info!(connection = %name, "{cost}"),
            Some((fault, mend)) => tracing::warn!(connection = %name, "{fault}; {mend}"),
        }
    }
}

fn calls(config: &Config, connection: &Connection) -> CallsADay {
    let looked_at = subscriptions(config, connection).map(|subscriptions| subscriptions.every);
    schedule(connection).calls_a_day(connection.import.window_days, looked_at)
}

/// With a comma between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::path::Path;

    use super::*;
    use crate::config::{Environment, parse};

    /// A connection with a name, a Cin7 key and further settings of both platforms.
    fn connection(name: &str, key: &str, cin7: &str, shipstation: &str) -> String {
        format!(
            "[[connections]]\nname = \"{name}\"\n[connections.cin7]\nusername = \"u\"\nkey = \"{key}\"\n{cin7}\n\
             [connections.shipstation]\napi_key = \"{key}\"\napi_secret = \"s\"\n{shipstation}\n"
        )
    }

    fn costs(text: &str) -> Vec<Cost> {
        let environment: Environment = std::iter::empty::<(OsString, OsString)>().collect();
        let config = parse(text, Path::new("shipbridge.toml"), &environment).unwrap();
        config.connections.iter().map(|connection| Cost::of(&config, connection)).collect()
    }

    #[test]
    fn the_defaults_cost_a_third_of_cin7s_day() {
        let [cost] = &costs(&connection("acme", "k", "", ""))[..] else { panic!("one") };
        let told = "looking for news costs at least 1,536 of 5,000 calls a day at Cin7 and 1,165 of 57,600 at ShipStation";
        assert_eq!((cost.to_string().as_str(), cost.fault()), (told, None));
    }

    #[test]
    fn more_than_half_of_a_day_is_a_fault_with_its_mend() {
        for (cin7, shipstation, told, mend) in [
            ("watch = \"10s\"", "", "at least 8,736 of 5,000 calls a day at Cin7", "cin7.watch"),
            ("watch = \"35s\"", "", "at least 2,564 of 5,000", "cin7.watch"),
            ("limits = { per_day = 3000 }", "", "1,536 of 3,000", "cin7.limits.per_day"),
            ("", "sweep = \"10s\"", "34,573 of 57,600 at ShipStation: more than half", "shipstation.sweep"),
        ] {
            let [cost] = &costs(&connection("acme", "k", cin7, shipstation))[..] else { panic!("one") };
            let (fault, found_mend) = cost.fault().unwrap();
            assert!(fault.contains(told) && found_mend.contains(mend), "{fault}: {found_mend}");
        }
        for fine in ["watch = \"36s\"", "watch = \"off\"", "watch = \"10s\"\nlimits = { per_day = 20000 }"] {
            assert_eq!(costs(&connection("acme", "k", fine, ""))[0].fault(), None, "{fine}");
        }
    }

    #[test]
    fn connections_on_one_key_are_judged_together_and_others_alone() {
        let two = |key| connection("one", "k", "", "") + &connection("two", key, "", "");
        assert!(costs(&two("other")).iter().all(|cost| cost.fault().is_none()));
        for cost in costs(&two("k")) {
            let (fault, _) = cost.fault().unwrap();
            let told = "at ShipStation, with the other connections on the same key 3,072: more than half of what Cin7";
            assert!(fault.contains("at least 1,536 of 5,000") && fault.contains(told), "{fault}");
        }
    }
}
