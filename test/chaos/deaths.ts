/** Every end of a process in a run, as the supervisor tells it: when, and by what. */
import type { Death } from '#test/chaos/flight.ts';

export type DeathLog = {
  /** Takes the supervisor's sentence; told at once, `atMs` is before anything that the next start of the process does. */
  readonly note: (text: string, atMs: number) => void;
  readonly of: (name: string) => readonly Death[];
};

const SENTENCE = /^(\S+) ended \((.+)\), starting it again$/;

export function openDeathLog(): DeathLog {
  const deaths = new Map<string, Death[]>();
  return {
    note: (text, atMs) => {
      const [, name, by] = SENTENCE.exec(text) ?? [];
      if (name === undefined || by === undefined) return;
      const own = deaths.get(name) ?? [];
      // Whatever ends otherwise (an ordered stop, but also a fall of its own) has to keep what it has read.
      own.push({ atMs, how: by === 'SIGKILL' ? 'killed' : 'stopped', by });
      deaths.set(name, own);
    },
    of: (name) => deaths.get(name) ?? [],
  };
}
