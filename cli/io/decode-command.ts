/** `fengsui decode`: the command line of it; the decoders are loaded when it is called. */
import { Argument, type Command } from 'commander';

export const FRAME_PROTOCOLS = [
  'sl651',
  'sl427',
  'modbus-rtu',
  'gs524n',
  'tg563a',
  'ra02g',
  'dp',
  'chirpstack',
] as const;
export type FrameProtocol = (typeof FRAME_PROTOCOLS)[number];

export function addDecodeCommand(program: Command): void {
  program
    .command('decode')
    .addArgument(new Argument('<protocol>', 'what the device speaks').choices(FRAME_PROTOCOLS))
    .argument(
      '[hex...]',
      'the frame in hexadecimal digits; without it, or with -, frames come from standard input, one a line',
    )
    .option('--json', 'one line of JSON a frame', false)
    .description('take a frame apart that a device sent')
    .action(async (protocol: FrameProtocol, words: string[], options: { json: boolean }) => {
      const { decodeFrames } = await import('#cli/io/decode.ts');
      process.exitCode = await decodeFrames(protocol, words, options.json);
    });
}
