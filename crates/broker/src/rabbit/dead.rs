//! What the server has set aside: events that killed their holders, which can be handed out again, and
//! messages that cannot be read, which wait for a person elsewhere.

use std::sync::Arc;

use lapin::options::BasicGetOptions;

use super::handout::Handout;
use super::held::{Held, Message};
use super::message;
use super::session::Session;
use super::shared::Shared;
use super::taking::reject;
use super::topology::short;
use super::trouble::RabbitError;

/// Takes up to `max` dead events.
pub(super) async fn take(shared: &Arc<Shared>, max: usize) -> Result<Vec<Held>, RabbitError> {
    let session = shared.consuming().soon(shared.config.deadline).await?;
    take_over(shared, &session, max).await.inspect_err(|error| session.fail(error.clone()))
}

async fn take_over(shared: &Arc<Shared>, session: &Session, max: usize) -> Result<Vec<Held>, RabbitError> {
    let (channel, queue) = (Arc::new(Handout::open(shared, session).await?), shared.names.dead());
    let mut taken = Vec::new();
    while taken.len() < max {
        let get = channel.basic_get(short(&queue), BasicGetOptions::default());
        let Some(message) = session.within("hand out a dead message", get).await? else { break };
        taken.extend(receive(shared, &channel, &queue, message.delivery).await);
    }
    Ok(taken)
}

async fn receive(
    shared: &Arc<Shared>,
    channel: &Arc<Handout>,
    queue: &str,
    delivery: lapin::message::Delivery,
) -> Option<Held> {
    match message::read(&delivery.data, &delivery.properties) {
        Ok(content) => Some(Held::new(shared, Message::new(content, delivery, None, channel))),
        Err(reason) => {
            let (id, lies_in) = (message::id(&delivery.properties), shared.names.unreadable());
            tracing::error!(queue, id, %reason, "a message cannot be read; it lies in {lies_in}, for a person");
            reject(shared, &delivery).await;
            None
        }
    }
}
