/** Entry point of the stand-alone package (dist/fengsui.js). */
import { runCommand } from './command.ts';

process.exitCode = await runCommand(process.argv.slice(2), process.env, {
  out: (text) => void process.stdout.write(text),
  fail: (text) => void process.stderr.write(text),
});
