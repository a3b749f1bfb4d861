/** Entry point of the stand-alone package (dist/fengsui.js). */
import { runCommand } from './command.ts';
import { keepHeapSmall } from './small-heap.ts';

keepHeapSmall();
process.umask(0o077);
process.exitCode = await runCommand(process.argv.slice(2), process.env, {
  out: (text) => void process.stdout.write(text),
  fail: (text) => void process.stderr.write(text),
});
