// The vendors' node packages, as their users have them: {client, url, key, user, count} comes as JSON on
// the standard input, what went wrong goes as JSON to the standard output.
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

const require = createRequire(import.meta.url);
const { client, url, key, user, count } = JSON.parse(await text(process.stdin));
const wrong = [];
const tell = (error) => wrong.push(String(error?.message ?? error?.reason ?? error));
const numbers = [...Array(count).keys()];
const FLUSH_AT = 20;

// With a callback for each event, as both of the older packages have it.
function withCallbacks(sender) {
  return Promise.all(
    numbers.map(
      (n) =>
        new Promise((resolve) => {
          const message = { userId: user, event: "Sent", properties: { n } };
          sender.track(message, (error) => {
            if (error) tell(error);
            resolve();
          });
        }),
    ),
  );
}

const senders = {
  "@segment/analytics-node": async () => {
    const { Analytics } = require(client);
    const sender = new Analytics({ writeKey: key, host: url, flushAt: FLUSH_AT });
    sender.on("error", tell);
    for (const n of numbers) sender.track({ userId: user, event: "Sent", properties: { n } });
    await sender.closeAndFlush();
  },
  "analytics-node": async () => {
    const Analytics = require(client);
    await withCallbacks(new Analytics(key, { host: url, flushAt: FLUSH_AT, flushInterval: 500 }));
  },
  "@rudderstack/rudder-sdk-node": async () => {
    const Analytics = require(client);
    const options = { dataPlaneUrl: url, flushAt: FLUSH_AT, flushInterval: 500, logLevel: "error" };
    await withCallbacks(new Analytics(key, options));
  },
  "posthog-node": async () => {
    const { PostHog } = require(client);
    const sender = new PostHog(key, { host: url, flushAt: FLUSH_AT });
    sender.on("error", tell);
    for (const n of numbers) sender.capture({ distinctId: user, event: "Sent", properties: { n } });
    if (await sender.isFeatureEnabled("no-such-flag", user)) tell("a flag that nobody set");
    await sender.shutdown();
  },
};

await senders[client]();
process.stdout.write(JSON.stringify(wrong));
process.exit(0);
