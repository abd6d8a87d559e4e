'use strict';

// The receiver that most would write first, for comparison: Express, amqplib, one process. It does what
// `shipbridge serve` does for POST /webhooks/cin7/{connection}: proves the token, reads the JSON, publishes one
// persistent and mandatory message, waits for the broker's confirm, and answers 202 with the event's id.
//
// Left out, each to its advantage: several connections and proofs, limits on the body, metrics, logs,
// reconnecting, deadlines. Express runs as in production, without ETags and its X-Powered-By header.
//
// Environment: RECEIVER_AMQP_URL, RECEIVER_QUEUE (it must exist), RECEIVER_TOKEN. Prints `listening PORT`.

const { randomUUID, timingSafeEqual } = require('node:crypto');
const amqplib = require('amqplib');
const express = require('express');

const { RECEIVER_AMQP_URL: amqpUrl, RECEIVER_QUEUE: queue, RECEIVER_TOKEN: token } = process.env;
const secret = Buffer.from(token);

function proves(given) {
  const sent = Buffer.from(given ?? '');
  return sent.length === secret.length && timingSafeEqual(sent, secret);
}

function event(connection, id) {
  return {
    id: randomUUID(),
    connection,
    kind: { type: 'order_changed', order: { id } },
    origin: 'webhook',
    received_at: new Date().toISOString(),
  };
}

/** Publishes with a confirm; an unroutable message comes back before its confirm, which is then no success. */
function publisher(channel) {
  const returned = new Set();
  channel.on('return', (message) => returned.add(message.properties.messageId));
  return (event) =>
    new Promise((resolve, reject) => {
      const body = Buffer.from(JSON.stringify({ v: 1, event }));
      const options = {
        persistent: true,
        mandatory: true,
        contentType: 'application/json',
        messageId: event.id,
      };
      channel.publish('', queue, body, options, (error) => {
        if (error) reject(error);
        else if (returned.delete(event.id)) reject(new Error('the message was returned'));
        else resolve();
      });
    });
}

function receiver(publish) {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.use(express.json());
  app.post('/webhooks/cin7/:connection', async (request, response) => {
    if (!proves(request.get('x-webhook-token'))) {
      return response.status(401).json({ title: 'The token is wrong' });
    }
    const id = request.body?.id;
    if (!Number.isSafeInteger(id) || id <= 0) {
      return response.status(400).json({ title: 'The body names no order' });
    }
    const told = event(request.params.connection, id);
    try {
      await publish(told);
    } catch (error) {
      return response.status(503).json({ title: error.message });
    }
    return response.status(202).json({ event_ids: [told.id] });
  });
  return app;
}

async function main() {
  const connection = await amqplib.connect(amqpUrl, { noDelay: true });
  const channel = await connection.createConfirmChannel();
  await channel.checkQueue(queue);
  const server = receiver(publisher(channel)).listen(0, '127.0.0.1', (error) => {
    if (error) throw error;
    console.log(`listening ${server.address().port}`);
  });
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
