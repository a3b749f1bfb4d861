/** Keeps passwords as scrypt hashes; bounds how many are computed at once, for each costs 128 MB for half a second. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** OWASP's parameters: N = 2^17, r = 8, p = 1. */
export const SCRYPT_COST = 2 ** 17;
const MAX_COST = 2 ** 20;
const BLOCK = 8;
const KEY_BYTES = 32;
const MAX_RUNNING = 2;
const MAX_WAITING = 20;

let running = 0;
const waiting: (() => void)[] = [];

/** False when too many wait already: the caller answers "busy" instead of queueing without end. */
async function enter(): Promise<boolean> {
  if (running < MAX_RUNNING) {
    running += 1;
    return true;
  }
  if (waiting.length >= MAX_WAITING) return false;
  await new Promise<void>((resolve) => waiting.push(resolve));
  return true;
}
function leave(): void {
  const next = waiting.shift();
  if (next === undefined) running -= 1;
  else next();
}

const derive = (password: string, salt: Buffer, cost: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const options = { N: cost, r: BLOCK, p: 1, maxmem: 256 * cost * BLOCK };
    scrypt(password.normalize('NFKC'), salt, KEY_BYTES, options, (cause, key) =>
      cause ? reject(cause) : resolve(key),
    );
  });

/** `scrypt$cost$salt$key`. */
export async function hashPassword(password: string, cost = SCRYPT_COST): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, cost);
  return `scrypt$${cost}$${salt.toString('base64url')}$${key.toString('base64url')}`;
}

/** Against `null` it computes as long and says no, so that an unknown user takes the same time. */
export async function checkPassword(
  password: string,
  stored: string | null,
  cost = SCRYPT_COST,
): Promise<'right' | 'wrong' | 'busy'> {
  if (!(await enter())) return 'busy';
  try {
    const [kind, costText, salt, key] = (stored ?? '').split('$');
    const storedCost = Number(costText);
    const usable = kind === 'scrypt' && salt !== undefined && key !== undefined && storedCost <= MAX_COST;
    if (!usable) {
      await derive(password, randomBytes(16), cost);
      return 'wrong';
    }
    const expected = Buffer.from(key, 'base64url');
    const actual = await derive(password, Buffer.from(salt, 'base64url'), storedCost);
    return expected.length === actual.length && timingSafeEqual(expected, actual) ? 'right' : 'wrong';
  } finally {
    leave();
  }
}
