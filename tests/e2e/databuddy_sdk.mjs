// Drives @databuddy/sdk as its users do. It is copied beside the installed package, so that the
// import goes through the package's own exports. stdin: [{config, calls: [[method, ...args]]}];
// stdout: the results in the order of the calls. Ends once the SDK's own timers and requests end.
import { Databuddy } from "@databuddy/sdk/node";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);

const results = [];
for (const { config, calls } of JSON.parse(Buffer.concat(chunks))) {
  const client = new Databuddy(config);
  for (const [method, ...args] of calls) results.push(await client[method](...args));
}
process.stdout.write(JSON.stringify(results));
