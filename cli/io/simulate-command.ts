/** `fengsui simulate`: the command line of it; what it does is loaded when it is called. */
import type { Command } from 'commander';
import type { Settings } from '#cli/settings.ts';

export type SimulateArguments = {
  readonly rules?: readonly string[];
  readonly county?: string;
  readonly vary?: readonly string[];
  readonly wires: boolean;
  readonly data?: string;
  readonly json: boolean;
};

const gather = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

export function addSimulateCommand(program: Command, settings: () => Settings): void {
  program
    .command('simulate')
    .argument('<file>', 'a scenario: how sensors move, and which levels must come of it')
    .option('--rules <path...>', 'rule files, or folders of them; default: those that the scenario or its county has')
    .option('--county <folder>', 'the county whose points and sensors it moves (a scenario without points of its own)')
    .option(
      '--vary <path=from..to/step>',
      'in all combinations: storm.totalMm=50..200/10, slope-tangent.red=80,85',
      gather,
    )
    .option(
      '--wires',
      'through simulated devices, edges, broker and centre on one clock instead of the engine alone',
      false,
    )
    .option('--data <folder>', 'where --wires keeps its data; emptied first')
    .option('--json', 'end with one line of JSON', false)
    .description('play a scenario and check the levels that it expects; try thresholds and storms in bulk')
    .action(async (file: string, options: SimulateArguments) => {
      const { simulateCommand } = await import('#cli/io/simulate.ts');
      process.exitCode = await simulateCommand(settings(), file, options);
    });
}
