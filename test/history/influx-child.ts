/** The writer in a process of its own, to be killed: node influx-child.ts DATA_DIR URL DATABASE. */
import { runWriter } from './influx-support.ts';

const [dataDir = '', url = '', database = ''] = process.argv.slice(2);
const writer = runWriter(dataDir, { version: 1, url, database }, { portionLines: 60, commitEveryMs: 5 });
process.once('SIGTERM', () => {
  void writer.stop().then(() => process.exit(0));
});
