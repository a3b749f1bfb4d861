/** Names what keeps a line from being asked, and what to do about it; each kind has an exit code of its own. */

export type TroubleKind = 'busy' | 'denied' | 'missing' | 'refused' | 'silent' | 'usage' | 'stopped' | 'other';
export type Trouble = { readonly kind: TroubleKind; readonly message: string; readonly mend: string };

/** 0 is all well; 1 something could not be read. */
export const EXIT_CODES: { readonly [kind in TroubleKind]: number } = {
  silent: 1,
  other: 1,
  usage: 2,
  busy: 3,
  denied: 4,
  missing: 5,
  refused: 6,
  stopped: 130,
};

const KNOWN: readonly (readonly [RegExp, TroubleKind, (place: string) => string, string])[] = [
  [
    /lock port|another program has|EBUSY|temporarily unavailable|Access is denied/i,
    'busy',
    (place) => `${place} is in use: another program has it open 串口被占用`,
    'stop the edge or tool that uses it (lsof or fuser names it); one line can have one owner only',
  ],
  [
    /permission denied|EACCES|EPERM|not permitted/i,
    'denied',
    (place) => `${place} may not be opened by this user 没有权限`,
    'add the user to the group of the port (usually dialout) and sign in again',
  ],
  [
    /no such file|ENOENT|ENODEV|ENXIO|cannot find|file not found|not a (serial|typewriter)|ENOTTY|inappropriate ioctl/i,
    'missing',
    (place) => `there is no serial port ${place} 没有这个串口`,
    'is the adapter plugged in? "ls /dev/serial/by-id" names those that are there',
  ],
  [
    /ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|no connection|ETIMEDOUT|EAI_AGAIN/i,
    'refused',
    (place) => `${place} takes no connection 无法连接`,
    'check address and port, and whether the serial server or device allows another connection',
  ],
];

/** What the system said when a line could not be opened. */
export function troubleOf(place: string, detail: string): Trouble {
  for (const [pattern, kind, message, mend] of KNOWN)
    if (pattern.test(detail)) return { kind, message: `${message(place)} (${detail})`, mend };
  return { kind: 'other', message: `${place}: ${detail}`, mend: 'check the port, the adapter and the settings' };
}

export const formatTrouble = ({ message, mend }: Trouble): string => `${message}\n  -> ${mend}`;
