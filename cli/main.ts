/** The `fengsui` command. Each command's code is loaded when it is called. */
import { join } from 'node:path';
import { Command } from 'commander';
import { addAlertCommand } from '#cli/io/alert-command.ts';
import { addAuditCommand } from '#cli/io/audit-command.ts';
import { addBacktestCommand } from '#cli/io/backtest-command.ts';
import { addBackupCommand } from '#cli/io/backup-command.ts';
import { addCallsCommand } from '#cli/io/calls-command.ts';
import { addCapCommand } from '#cli/io/cap-command.ts';
import { addChannelsCommand } from '#cli/io/channels-command.ts';
import { addDecodeCommand } from '#cli/io/decode-command.ts';
import { addDrillCommand } from '#cli/io/drill-command.ts';
import { addEdgeCommand } from '#cli/io/edge-command.ts';
import { addEvacuationCommand } from '#cli/io/evacuation-command.ts';
import { addEvidenceCommand } from '#cli/io/evidence-command.ts';
import { addExplainCommand } from '#cli/io/explain-command.ts';
import { addFuzzCommand } from '#cli/io/fuzz-command.ts';
import { addGrafanaCommand } from '#cli/io/grafana-command.ts';
import { addGridCommand } from '#cli/io/grid-command.ts';
import { addHistoryCommand } from '#cli/io/history-command.ts';
import { addModelsCommand } from '#cli/io/models-command.ts';
import { addNodeRedCommand } from '#cli/io/node-red-command.ts';
import { addPointCommand } from '#cli/io/point-command.ts';
import { addPrintCommand } from '#cli/io/print-command.ts';
import { addProfilesCommand } from '#cli/io/profiles-command.ts';
import { addReceiversCommand } from '#cli/io/receivers-command.ts';
import type { ReplayArguments } from '#cli/io/replay-command.ts';
import { addReportsCommand } from '#cli/io/reports-command.ts';
import { addRestoreCommand } from '#cli/io/restore-command.ts';
import { addRosterCommand } from '#cli/io/roster-command.ts';
import { addSerialCommand } from '#cli/io/serial-command.ts';
import { addSimulateCommand } from '#cli/io/simulate-command.ts';
import { addSkillCommand } from '#cli/io/skill-command.ts';
import { addSpeakerCommand } from '#cli/io/speaker-command.ts';
import { addTestCommand } from '#cli/io/test-command.ts';
import { addTrendCommand } from '#cli/io/trend-command.ts';
import { addWarnCommand } from '#cli/io/warn-command.ts';
import { parseSettings, type Settings } from '#cli/settings.ts';

const top = join(import.meta.dirname, '..');

function settingsOrExit(): Settings {
  const settings = parseSettings(process.env, process.cwd());
  if (settings.ok) return settings.value;
  for (const problem of settings.error) console.error(problem);
  process.exit(2);
}

export async function main(args: readonly string[]): Promise<void> {
  const program = new Command('fengsui')
    .description('Monitoring and early warning for the grids of a county')
    .version('0.1.0');

  program
    .command('up')
    .description(
      'start the whole county on this machine: simulated devices, edges, broker, ingest, rules, alerts, console',
    )
    .action(async () => {
      const { up } = await import('#cli/io/up.ts');
      process.exit(await up(settingsOrExit()));
    });

  program
    .command('run')
    .argument('<stage...>', 'simulators, edge, broker, ingest, rules, alerts, console')
    .option('--config <file>', "an edge's configuration")
    .description('start one or more stages in this process')
    .action(async (stages: string[], options: { config?: string }) => {
      const { runStages } = await import('#cli/io/run-stages.ts');
      process.exit(await runStages(stages, settingsOrExit(), options));
    });

  program
    .command('check')
    .argument('[county]', "the county's folder; without it the one that FENGSUI_COUNTY names, or county")
    .option('--strict', 'warnings fail as well', false)
    .description('check grids, people, points, edges, rules and the scenario; names file:line:column and the mend')
    .action(async (county: string | undefined, options: { strict: boolean }) => {
      const settings = settingsOrExit();
      const { check } = await import('#cli/io/check.ts');
      process.exit(
        check(county ?? settings.countyDir, settings.devicesDir, { strict: options.strict, tickMs: settings.tickMs }),
      );
    });

  program
    .command('replay')
    .argument('<file>', 'a recorded series: one of the known formats, or CSV with time,sensor,value,quantity,unit')
    .option('--sensor <id>', 'the sensor that it is played into')
    .option(
      '--point <id>',
      'the hazard point where it is played; a station is made there if none measures the quantity',
    )
    .option('--series <id>', 'which series of a file that has several (a part of its name is enough)')
    .option('--zero', 'subtract the first value, as a meter shows that was set then')
    .option('--from <time>', 'begin here')
    .option('--to <time>', 'end here')
    .option('--data <folder>', 'where the replay keeps its data; emptied first')
    .option('--json', 'one line of JSON instead of text', false)
    .description('a recorded series through the whole chain on the virtual clock: which alerts come when, and to whom')
    .action(async (file: string, options: ReplayArguments) => {
      const { replayCommand } = await import('#cli/io/replay-command.ts');
      process.exit(await replayCommand(settingsOrExit(), file, options));
    });

  program
    .command('login')
    .argument('<person>', 'a person id of people.yaml')
    .description('give a person a new random password and print it')
    .action(async (person: string) => {
      const { resetLogin } = await import('#cli/io/login.ts');
      process.exit(await resetLogin(settingsOrExit(), person));
    });

  addAlertCommand(program);
  addAuditCommand(program, settingsOrExit);
  addEvidenceCommand(program, settingsOrExit);
  addReportsCommand(program, settingsOrExit);
  addBacktestCommand(program, settingsOrExit);
  addBackupCommand(program, settingsOrExit);
  addRestoreCommand(program);
  addHistoryCommand(program, settingsOrExit);
  addCallsCommand(program, settingsOrExit);
  addChannelsCommand(program, settingsOrExit);
  addSimulateCommand(program, settingsOrExit);
  addDecodeCommand(program);
  addCapCommand(program);
  addWarnCommand(program);
  addEdgeCommand(program);
  addGrafanaCommand(program, settingsOrExit);
  addGridCommand(program);
  addExplainCommand(program, settingsOrExit);
  addRosterCommand(program, settingsOrExit);
  addDrillCommand(program, settingsOrExit);
  addSpeakerCommand(program, settingsOrExit);
  addEvacuationCommand(program);
  addPrintCommand(program);
  addModelsCommand(program);
  addTrendCommand(program);
  addNodeRedCommand(program, settingsOrExit);
  for (const add of [addProfilesCommand, addPointCommand, addSerialCommand, addTestCommand])
    add(program, () => settingsOrExit().devicesDir);

  const dev = program.command('dev').description('for those who work on Fengsui itself');
  addFuzzCommand(dev);
  addReceiversCommand(dev);
  addSkillCommand(dev, top);
  dev
    .command('check')
    .argument('[filter...]', 'only tests whose path contains one of these')
    .description('type check, lint, architecture fence and all tests (npm test)')
    .action(async (filters: string[]) => {
      const { devCheck } = await import('#cli/io/dev-check.ts');
      process.exit(await devCheck(top, filters));
    });

  dev
    .command('bench')
    .option('--json', 'end with one line of JSON', false)
    .option('--only <prefix>', 'rows whose name begins so', '')
    .description('measure the rows of the budget table (npm run bench)')
    .action(async (options: { json: boolean; only: string }) => {
      const { runBench } = await import('#test/bench/main.ts');
      const outcomes = await runBench(options);
      if (outcomes.length === 0) console.error(`No row begins with "${options.only}".`);
      process.exit(outcomes.length === 0 ? 1 : 0);
    });
  dev
    .command('screenshot')
    .argument('[file]', 'where the picture goes', join(top, 'docs', 'console.png'))
    .description('take the picture of README from the running console')
    .action(async (file: string) => {
      const { screenshotCommand } = await import('#cli/io/screenshot-command.ts');
      process.exit(await screenshotCommand(file));
    });
  dev
    .command('chaos')
    .option('--kills <count>', 'how many processes to kill', '66')
    .option('--seed <number>', 'run an earlier schedule again')
    .option('--json', 'end with one line of JSON', false)
    .description('kill processes at random under load and audit what came through (npm run chaos)')
    .action(async (options: { kills: string; seed?: string; json: boolean }) => {
      const { chaosCommand } = await import('#cli/io/chaos-command.ts');
      process.exit(
        await chaosCommand(
          Number(options.kills),
          options.seed === undefined ? null : Number(options.seed),
          options.json,
        ),
      );
    });

  await program.parseAsync([...args], { from: 'user' });
}
