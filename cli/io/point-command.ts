/** `fengsui point`: the command line of what is done at a measuring point; the work is loaded when it is called. */
import type { Command } from 'commander';

export type PointArguments = {
  readonly county: string;
  readonly edge?: string;
  readonly port?: string;
  readonly baud?: string;
  readonly parity?: string;
  readonly rtuTcp?: string;
  readonly tcp?: string;
  readonly unit?: string;
  readonly profile?: string;
  readonly register?: string;
  readonly timeout?: string;
  readonly secondOpinion: boolean;
  readonly json: boolean;
};

export function addPointCommand(program: Command, devicesDir: () => string): void {
  program
    .command('point')
    .description('what is done at a measuring point when it is put into service')
    .command('read')
    .argument('[name]', 'a hazard point, a sensor or an edge of the county; its units are read where edges.yaml says')
    .option('--county <folder>', "the county's folder", 'county')
    .option('--edge <id>', 'only units of this edge')
    .option('--port <path>', 'read one unit at this serial port instead')
    .option('--baud <rate>', "speed of the port (the profile's)")
    .option('--parity <parity>', "none, even or odd (the profile's)")
    .option('--rtu-tcp <host:port>', 'read one unit through a serial server instead')
    .option('--tcp <host:port>', 'read one unit over Modbus TCP instead')
    .option('--unit <id>', 'the unit, 1 to 247')
    .option('--profile <id>', 'its profile (fengsui profiles list)')
    .option('--register <keys>', 'only these registers, separated by commas')
    .option('--timeout <ms>', "how long an answer is waited for (the profile's)")
    .option('--second-opinion', 'ask again through a client that is not ours, and compare', false)
    .option('--json', 'one line of JSON', false)
    .description('read registers once and show raw words, frames, values and doubts; writes nothing')
    .action(async (name: string | undefined, options: PointArguments) => {
      const { pointRead } = await import('#cli/io/point-read.ts');
      process.exitCode = await pointRead(name, options, devicesDir());
    });
}
