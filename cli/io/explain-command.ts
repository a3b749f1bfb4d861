/** `fengsui explain`: who would be told of an alert at a point and why, and who was told of an alert; in words. Only reads. */
import type { Command } from 'commander';
import type { Settings } from '#cli/settings.ts';

export type PointOptions = {
  readonly level: string;
  readonly hazard?: string;
  readonly at?: string;
  readonly county?: string;
  readonly lang: string;
  readonly json: boolean;
};
export type AlertOptions = { readonly lang: string; readonly json: boolean };

export function addExplainCommand(program: Command, settings: () => Settings): void {
  const explain = program.command('explain').description('who is told, and why, in words 谁被通知、为什么');
  explain
    .command('point')
    .argument('<id>', 'a hazard point of the county')
    .option('--level <level>', 'blue, yellow, orange or red', 'red')
    .option(
      '--hazard <hazard>',
      'landslide, rainstorm, flood, fire, intrusion, equipment, other; by the kind of point when left out',
    )
    .option('--at <time>', 'the moment; now when left out')
    .option('--county <folder>', "the county's folder")
    .option('--lang <lang>', 'zh or en', 'zh')
    .option('--json', 'one line of JSON', false)
    .description(
      'who would be told at that moment, by which channels, who stands in for whom, what else the policy sets going',
    )
    .action(async (id: string, options: PointOptions) => {
      const { explainPointCommand } = await import('#cli/io/explain.ts');
      process.exitCode = explainPointCommand(settings(), id, options);
    });
  explain
    .command('alert')
    .argument('<id>', 'an alert of the data folder')
    .option('--lang <lang>', 'zh or en', 'zh')
    .option('--json', 'one line of JSON', false)
    .description('what was decided about an alert: level and why, people with reasons, policy, calls and deliveries')
    .action(async (id: string, options: AlertOptions) => {
      const { explainAlertCommand } = await import('#cli/io/explain.ts');
      process.exitCode = explainAlertCommand(settings(), id, options);
    });
}
