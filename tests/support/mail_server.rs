//! A small mail server: speaks SMTP to a real client, takes messages as they come, or behaves badly.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How the server behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manners {
    /// It takes everything.
    Takes,
    /// It wants this login (base64 of `\0user\0password`) and takes everything then.
    Wants(&'static str),
    /// It answers `RCPT` with this line.
    AnswersRecipients(&'static str),
    /// It never answers `DATA`.
    HangsAtData,
    /// It takes the whole text and breaks off without a word.
    BreaksOffAfterText,
}

/// A message as it was received.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Mail {
    /// The sender in the envelope, as it was written.
    pub(crate) from: String,
    /// The recipients in the envelope, as they were written.
    pub(crate) to: Vec<String>,
    /// Headers and body, with the dots taken out again, lines ended by CR LF.
    pub(crate) text: String,
}

/// A server at work, until it is dropped.
#[derive(Debug)]
pub(crate) struct MailServer {
    addr: SocketAddr,
    mails: Arc<Mutex<Vec<Mail>>>,
    manners: Arc<Mutex<Manners>>,
    stop: CancellationToken,
}

impl MailServer {
    /// Starts one on a free port of this machine.
    pub(crate) async fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let server = Self {
            addr: listener.local_addr().unwrap(),
            mails: Arc::default(),
            manners: Arc::new(Mutex::new(manners)),
            stop: CancellationToken::new(),
        };
        let (mails, manners, stop) =
            (Arc::clone(&server.mails), Arc::clone(&server.manners), server.stop.clone());
        TaskTracker::new().spawn(server.stop.clone().run_until_cancelled_owned(async move {
            let tracker = TaskTracker::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (mails, manners) = (Arc::clone(&mails), *manners.lock().unwrap());
                tracker.spawn(stop.clone().run_until_cancelled_owned(async move {
                    // A client that hangs up has ended the conversation.
                    let _hung_up = Conversation::new(stream, manners, mails).hold().await;
                }));
            }
        }));
        server
    }

    /// Where it listens.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What it has taken, oldest first.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.mails.lock().unwrap().clone()
    }

    /// How it behaves from the next conversation on.
    pub(crate) fn behave(&self, manners: Manners) {
        *self.manners.lock().unwrap() = manners;
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

struct Conversation {
    lines: BufReader<OwnedReadHalf>,
    out: OwnedWriteHalf,
    manners: Manners,
    mails: Arc<Mutex<Vec<Mail>>>,
    mail: Mail,
    logged_in: bool,
}

impl Conversation {
    fn new(stream: TcpStream, manners: Manners, mails: Arc<Mutex<Vec<Mail>>>) -> Self {
        let (read, out) = stream.into_split();
        let logged_in = !matches!(manners, Manners::Wants(_));
        Self { lines: BufReader::new(read), out, manners, mails, mail: Mail::default(), logged_in }
    }

    async fn hold(mut self) -> std::io::Result<()> {
        self.say("220 mail.test ESMTP").await?;
        loop {
            let line = self.hear().await?;
            let command = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            match command.as_str() {
                "" | "QUIT" => return self.say("221 Bye").await,
                "EHLO" if self.logged_in => self.say("250-mail.test\r\n250 8BITMIME").await?,
                "EHLO" => self.say("250-mail.test\r\n250-8BITMIME\r\n250 AUTH PLAIN").await?,
                "AUTH" => self.login(&line).await?,
                "NOOP" | "RSET" => self.say("250 Ok").await?,
                "MAIL" if !self.logged_in => self.say("530 Authentication required").await?,
                "MAIL" => {
                    self.mail = Mail { from: line, ..Mail::default() };
                    self.say("250 Ok").await?;
                }
                "RCPT" => self.recipient(line).await?,
                "DATA" => match self.manners {
                    Manners::HangsAtData => std::future::pending().await,
                    manners => {
                        self.say("354 Go ahead").await?;
                        self.text().await?;
                        if manners == Manners::BreaksOffAfterText {
                            return Ok(());
                        }
                        self.mails.lock().unwrap().push(std::mem::take(&mut self.mail));
                        self.say("250 Taken").await?;
                    }
                },
                _ => self.say("502 Unknown command").await?,
            }
        }
    }

    async fn login(&mut self, line: &str) -> std::io::Result<()> {
        self.logged_in =
            matches!(self.manners, Manners::Wants(login) if line == format!("AUTH PLAIN {login}"));
        self.say(if self.logged_in { "235 Welcome" } else { "535 Wrong user or password" }).await
    }

    async fn recipient(&mut self, line: String) -> std::io::Result<()> {
        if let Manners::AnswersRecipients(answer) = self.manners {
            return self.say(answer).await;
        }
        self.mail.to.push(line);
        self.say("250 Ok").await
    }

    /// Reads the text up to the single dot; of lines that begin with a dot, the first is stuffing.
    async fn text(&mut self) -> std::io::Result<()> {
        loop {
            match self.hear().await?.as_str() {
                "." => return Ok(()),
                line => {
                    self.mail.text.push_str(line.strip_prefix('.').unwrap_or(line));
                    self.mail.text.push_str("\r\n");
                }
            }
        }
    }

    /// A line without its end. The end of the conversation is an error within it.
    async fn hear(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        if self.lines.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    }

    async fn say(&mut self, line: &str) -> std::io::Result<()> {
        self.out.write_all(format!("{line}\r\n").as_bytes()).await
    }
}
