/** The broker with its door for devices, and ingest, in a process of its own: by its last argument it dies after that commit. */
import { startBroker } from '#broker/main.ts';
import { startIngest } from '#ingest/main.ts';
import { noRules, registryPort, testContext } from '#test/ingest/centre.ts';
import { nativeRegistry } from '#test/ingest/native-centre.ts';

/** With a fifth argument the broker is another's, at that address. */
const [dataDir = '', password = '', dieAtCommit = '0', hold = '0', brokerUrl = ''] = process.argv.slice(2);
let commits = 0;
const ctx = testContext((place) => {
  if (place !== 'journal.committed' || Number(dieAtCommit) === 0) return;
  if (++commits === Number(dieAtCommit)) process.kill(process.pid, 'SIGKILL');
});
const credentialsFile = `${dataDir}/broker/credentials.json`;
const at = { host: '127.0.0.1', port: 0 };
const own = { ...at, credentialsFile, devices: at, handover: { timeoutMs: 3_000 } };
const broker = brokerUrl === '' ? await startBroker(own, testContext()) : undefined;
const mqttUrl = broker === undefined ? brokerUrl : `mqtt://127.0.0.1:${broker.port}`;
const ingest = await startIngest(
  { dataDir, mqttUrl, username: 'svc-ingest', password, tickMs: 60_000, store: { commitDelayMs: Number(hold) } },
  { registry: registryPort(nativeRegistry()), ruleSets: noRules },
  ctx,
);
while (!ctx.lines.some((line) => line.includes('hears the edges')))
  await new Promise((resolve) => setTimeout(resolve, 5));
process.send?.({ port: broker?.devicePort ?? 0, name: ingest.name });
