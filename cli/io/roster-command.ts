/** `fengsui roster`: who is on duty, where nobody is, and what a shift hands over; the work is loaded when it is called. */
import type { Command } from 'commander';
import type { Settings } from '#cli/settings.ts';

export type WhoOptions = {
  readonly at?: string;
  readonly grid?: string;
  readonly county?: string;
  readonly json: boolean;
};
export type GapsOptions = {
  readonly from?: string;
  readonly days: string;
  readonly grid?: string;
  readonly county?: string;
  readonly json: boolean;
};
export type HandoverOptions = {
  readonly grid: string;
  readonly give: boolean;
  readonly take: boolean;
  readonly shift?: string;
  readonly note: string;
  readonly json: boolean;
};

export function addRosterCommand(program: Command, settings: () => Settings): void {
  const roster = program
    .command('roster')
    .description('the duty roster 值班表: who sits where and when, and hand-overs');
  roster
    .command('who')
    .option('--at <time>', 'ISO 8601 with an offset, or the county’s own time "2026-06-03 14:00"; now when left out')
    .option('--grid <code>', 'one desk, or the desk above that answers for the grid; all desks when left out')
    .option('--county <folder>', "the county's folder")
    .option('--json', 'one line of JSON', false)
    .description('who is on duty at a moment, with holidays, substitutions and changes of the day')
    .action(async (options: WhoOptions) => {
      const { rosterWho } = await import('#cli/io/roster.ts');
      process.exitCode = rosterWho(settings(), options);
    });
  roster
    .command('gaps')
    .option('--from <time>', 'begin here; now when left out')
    .option('--days <count>', 'how many days ahead, at most 366', '30')
    .option('--grid <code>', 'only this grid and what lies below it')
    .option('--county <folder>', "the county's folder")
    .option('--json', 'one line of JSON', false)
    .description(
      'hours without anybody on duty, and counties and townships without a desk; ends with 1 when there are any',
    )
    .action(async (options: GapsOptions) => {
      const { rosterGapsCommand } = await import('#cli/io/roster.ts');
      process.exitCode = rosterGapsCommand(settings(), options);
    });
  roster
    .command('handover')
    .requiredOption('--grid <code>', 'the desk’s grid')
    .option('--give', 'write that the shift is handed over', false)
    .option('--take', 'write that it is taken over', false)
    .option('--shift <time>', 'beginning of the shift that takes over; the next or the running one when left out')
    .option('--note <text>', 'what whoever comes should know', '')
    .option('--json', 'one line of JSON', false)
    .description('the hand-over note of a desk, from the running console: what is open; and hand over or take over')
    .action(async (options: HandoverOptions) => {
      const { rosterHandover } = await import('#cli/io/roster-handover.ts');
      process.exitCode = await rosterHandover(options);
    });
}
