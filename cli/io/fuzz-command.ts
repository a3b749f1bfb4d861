/** `fengsui dev fuzz`: spoiled frames for every parser of bytes from outside; exits 0 when nothing was found. */
import type { Command } from 'commander';

export function addFuzzCommand(dev: Command): void {
  dev
    .command('fuzz')
    .option('--frames <count>', 'how many spoiled frames', '1000000')
    .option('--seed <number>', 'run an earlier one again')
    .option('--json', 'end with one line of JSON', false)
    .description('spoiled frames for every parser: no crash, no frame taken with a wrong checksum')
    .action(async (options: { frames: string; seed?: string; json: boolean }) => {
      const frames = Number(options.frames);
      const seed = options.seed === undefined ? Math.floor(Math.random() * 1e9) : Number(options.seed);
      if (!Number.isInteger(frames) || frames < 1 || !Number.isInteger(seed)) {
        console.error('--frames must be a whole number from 1, --seed a whole number.');
        process.exit(2);
      }
      console.error(`seed ${seed}`);
      const { runFuzz } = await import('#test/fuzz/run.ts');
      const result = runFuzz({ frames, seed });
      for (const finding of result.findings) console.error(`finding: ${finding}`);
      if (options.json) console.log(JSON.stringify({ ...result, findings: result.findings.length }));
      else
        console.log(
          `seed ${seed}: ${result.frames} frames, ${result.accepted} taken, ${result.findings.length} findings, slowest ${result.slowestMs} ms, ${Math.round(result.tookMs / 1_000)} s`,
        );
      process.exitCode = result.findings.length === 0 ? 0 : 1;
    });
}
