/** Ingest in a process of its own for the kill test: on the order of its first argument it dies between commit and ack. */
import { startIngest } from '#ingest/main.ts';
import { noRules, registryPort, testContext, testRegistry } from '#test/ingest/centre.ts';

const [dataDir = '', mqttUrl = '', password = '', dieAtCommit = '0'] = process.argv.slice(2);
let commits = 0;
const ctx = testContext((place) => {
  if (place !== 'journal.committed') return;
  commits++;
  if (commits === Number(dieAtCommit)) process.kill(process.pid, 'SIGKILL');
});
const registry = registryPort(testRegistry({ 'edge-1': ['s-1', 's-2'] }));
await startIngest(
  { dataDir, mqttUrl, username: 'svc-ingest', password, tickMs: 200, history: { bufferedReadings: 100, pollMs: 10 } },
  { registry, ruleSets: noRules },
  ctx,
);
