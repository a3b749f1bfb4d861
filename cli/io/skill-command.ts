/** `fengsui dev skill`: the command line; the work is loaded when it is called. */
import type { Command } from 'commander';

export function addSkillCommand(dev: Command, top: string): void {
  dev
    .command('skill')
    .option('--check', 'only say whether docs/skill.md is as it should be', false)
    .description('score the models on every recorded set and write docs/skill.md')
    .action(async (options: { check: boolean }) => {
      const { skillCommand } = await import('#cli/io/skill.ts');
      process.exitCode = skillCommand(top, options);
    });
}
