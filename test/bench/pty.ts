/**
 * A pseudo-terminal whose master is this process, with no program between: what the other end writes is here at once,
 * so that a line of the bench spends the time of its baud rate and nearly no other.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, symlinkSync, writeSync } from 'node:fs';
import { ReadStream } from 'node:tty';

export type Pty = {
  readonly onBytes: (run: (bytes: Uint8Array) => void) => void;
  readonly write: (bytes: Uint8Array) => void;
  readonly close: () => void;
  /** The least time that the system itself took from a write at one end to the sight of it at the other. */
  readonly passingMs: number;
};

const TRIES = 40;
/** A passing that takes longer than this is somebody else's use of the machine. */
const PASSING_LIMIT_MS = 1_000;

/** Unlocks the slave of the master at descriptor 3 and prints its number (pty(7), TIOCSPTLCK and TIOCGPTN). */
const UNLOCK = `open(my $m, '+<&=', 3) or die; my $no = pack('i', 0); my $at = pack('i', 0);
ioctl($m, 0x40045431, $no) or die; ioctl($m, 0x80045430, $at) or die; print unpack('i', $at);`;

/** The least of some tries, so that the line is never taken for slower than the system made it. */
async function passingOf(stream: ReadStream, slave: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let tried = 0; tried < TRIES; tried++) {
    const sentMs = performance.now();
    const seen = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, PASSING_LIMIT_MS);
      stream.once('data', () => {
        clearTimeout(timer);
        resolve();
      });
    });
    writeSync(slave, Uint8Array.of(0));
    await seen;
    least = Math.min(least, performance.now() - sentMs);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return least;
}

/** The slave appears as a link at `path`. Throws where the machine has no pseudo-terminals or no perl. */
export async function openPty(path: string): Promise<Pty> {
  const { O_RDWR, O_NOCTTY, O_NONBLOCK } = constants;
  const master = openSync('/dev/ptmx', O_RDWR | O_NOCTTY | O_NONBLOCK);
  const number = execFileSync('perl', ['-e', UNLOCK], { stdio: ['ignore', 'pipe', 'inherit', master] }).toString();
  const slave = `/dev/pts/${number}`;
  // Held open, so that the line lives on while nobody else has it open.
  const held = openSync(slave, O_RDWR | O_NOCTTY);
  execFileSync('stty', ['-F', slave, 'raw', '-echo']);
  const stream = new ReadStream(master);
  stream.on('error', () => undefined);
  const passingMs = await passingOf(stream, held);
  symlinkSync(slave, path);
  return {
    onBytes: (run) => void stream.on('data', (bytes) => run(bytes as Uint8Array)),
    write: (bytes) => void writeSync(master, bytes),
    close: () => {
      stream.destroy();
      closeSync(held);
    },
    passingMs,
  };
}
