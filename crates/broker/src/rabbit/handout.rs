//! A channel by which messages are handed out, and how it closes: a while after its last message was settled.

use std::ops::Deref;
use std::time::Duration;

use lapin::Channel;
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

use super::session::Session;
use super::shared::Shared;
use super::trouble::RabbitError;

/// How long the channel stays open after its last user. RabbitMQ takes settlements a few dozen at a time, keeps
/// the others back meanwhile, and forgets what it keeps back when the channel closes: then messages that were
/// acknowledged come again. It says nothing when it is through; 3.10 needs a few milliseconds for 250.
const SETTLED_WITHIN: Duration = Duration::from_millis(500);

/// An open channel. Whoever may have to settle a message that came by it shares it.
#[derive(Debug)]
pub(super) struct Handout {
    channel: Channel,
    settling: TaskTracker,
    runtime: Handle,
}

impl Handout {
    pub(super) async fn open(shared: &Shared, session: &Session) -> Result<Self, RabbitError> {
        let channel = session.channel().await?;
        Ok(Self { channel, settling: shared.settling.clone(), runtime: shared.runtime.clone() })
    }
}

impl Deref for Handout {
    type Target = Channel;

    fn deref(&self) -> &Channel {
        &self.channel
    }
}

impl Drop for Handout {
    fn drop(&mut self) {
        if self.channel.status().connected() {
            let channel = self.channel.clone();
            let closing = async move {
                tokio::time::sleep(SETTLED_WITHIN).await;
                drop(channel);
            };
            self.settling.spawn_on(closing, &self.runtime);
        }
    }
}
