/** `fengsui serial`: the command line of what is done at a serial port; the work is loaded when it is called. */
import type { Command } from 'commander';

export type ScanArguments = {
  readonly baud?: string;
  readonly parity: string;
  readonly units: string;
  readonly patience: string;
  readonly all: boolean;
  readonly fit: boolean;
  readonly rtuTcp?: string;
  readonly tcp?: string;
  readonly json: boolean;
};

export function addSerialCommand(program: Command, devicesDir: () => string): void {
  program
    .command('serial')
    .description('what is done at a serial port when devices are put into service')
    .command('scan')
    .argument('[port]', 'the serial port, for example /dev/ttyUSB0')
    .option('--baud <list>', 'speeds to try, for example 9600,115200 (the usual ones)')
    .option('--parity <list>', 'none, even, odd', 'none')
    .option('--units <list>', 'unit ids to ask, for example 1-32 or 1,80', '1-247')
    .option('--patience <ms>', "a unit's own time to answer, beyond the time on the wire", '100')
    .option('--all', 'go on with other speeds after units have answered', false)
    .option('--no-fit', 'do not try which profiles of the catalogue fit')
    .option('--rtu-tcp <host:port>', 'instead of a port: RTU frames through a serial server')
    .option('--tcp <host:port>', 'instead of a port: Modbus TCP')
    .option('--json', 'one line of JSON', false)
    .description('who answers on a line: asks every unit by functions 03 and 04, and writes nothing')
    .action(async (port: string | undefined, options: ScanArguments) => {
      const { serialScan } = await import('#cli/io/serial-scan.ts');
      process.exitCode = await serialScan(port, options, devicesDir());
    });
}
