/** `fengsui test`: rule tests; what it does is in test-rules.ts. */
import type { Command } from 'commander';

export function addTestCommand(program: Command, devicesDir: () => string): void {
  program
    .command('test')
    .argument('<path...>', 'files of rule tests (….test.yaml), rule files, or folders of them')
    .option('--json', 'end with one line of JSON', false)
    .description('run rule tests: series in, levels and reasons out, through the real compiler and engine')
    .action(async (paths: string[], options: { json: boolean }) => {
      const { testRules } = await import('#cli/io/test-rules.ts');
      process.exitCode = testRules(paths, devicesDir(), options.json);
    });
}
