/** `fengsui edge`: the command line of it; what it does is loaded when it is called. */
import type { Command } from 'commander';
import { parseSettings, type Settings } from '#cli/settings.ts';

export type EdgeAnswerOptions = { readonly json: boolean; readonly wait: string };

function settingsOrExit(): Settings {
  const settings = parseSettings(process.env, process.cwd());
  if (settings.ok) return settings.value;
  for (const problem of settings.error) console.error(problem);
  process.exit(2);
}

export function addEdgeCommand(program: Command): void {
  const edge = program.command('edge').description('look after the boxes in the field, through the broker');
  const withAnswer = (name: string, description: string, waitS: number): Command =>
    edge
      .command(name)
      .argument('<edge>', "the box's id")
      .option('--json', 'one line of JSON', false)
      .option('--wait <seconds>', 'how long to wait for its answer', String(waitS))
      .description(description);

  edge
    .command('list')
    .option('--json', 'one line of JSON', false)
    .description('every box: is it there, what does it run, what should it run, how is it')
    .action(async (options: { json: boolean }) => {
      const { listEdges } = await import('#cli/io/edge-care.ts');
      process.exit(await listEdges(settingsOrExit(), options.json));
    });
  withAnswer('status', 'ask a box how it is', 15).action(async (edgeId: string, options: EdgeAnswerOptions) => {
    const { askEdge } = await import('#cli/io/edge-care.ts');
    process.exit(await askEdge(settingsOrExit(), edgeId, { kind: 'status' }, options));
  });
  withAnswer('read-now', 'let a box read every unit now', 30).action(
    async (edgeId: string, options: EdgeAnswerOptions) => {
      const { askEdge } = await import('#cli/io/edge-care.ts');
      process.exit(await askEdge(settingsOrExit(), edgeId, { kind: 'read-now' }, options));
    },
  );
  withAnswer('test-output', 'sound a siren or speaker of a box as a drill', 15)
    .argument('<output>', 'the id of the output in edges.yaml')
    .option('--seconds <number>', '1 to 60', '3')
    .action(async (edgeId: string, output: string, options: EdgeAnswerOptions & { seconds: string }) => {
      const { askEdge } = await import('#cli/io/edge-care.ts');
      const seconds = Number(options.seconds);
      process.exit(await askEdge(settingsOrExit(), edgeId, { kind: 'test-output', output, seconds }, options));
    });
  withAnswer('configure', "push the county's configuration to a box now and wait until it has tried it", 180).action(
    async (edgeId: string, options: EdgeAnswerOptions) => {
      const { configureEdge } = await import('#cli/io/edge-care.ts');
      process.exit(await configureEdge(settingsOrExit(), edgeId, options));
    },
  );
}
