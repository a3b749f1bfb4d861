/**
 * What a disk may hold after the power went: the writes of a recorded run, those that were synced for certain, of the
 * others any sectors of any age. Directory entries are as uncertain as data until their folder is synced.
 */

const SECTOR = 512;

export type DiskOp =
  | { readonly kind: 'create'; readonly path: string }
  | { readonly kind: 'write'; readonly path: string; readonly offset: number; readonly data: Buffer }
  | { readonly kind: 'truncate'; readonly path: string; readonly size: number }
  | { readonly kind: 'sync'; readonly path: string }
  | { readonly kind: 'syncFolder' }
  | { readonly kind: 'rename'; readonly path: string; readonly to: string }
  | { readonly kind: 'unlink'; readonly path: string }
  /** The program said that everything before is done. */
  | { readonly kind: 'mark'; readonly text: string };

const bytesOf = (text: string): Buffer => Buffer.from(text.replaceAll('\\x', ''), 'hex');
const CALL = /^(\d+)\s+(\w+)\((.*)\)\s+=\s+(-?\d+)/;
const UNFINISHED = /^(\d+)\s+(.*) <unfinished \.\.\.>$/;
const RESUMED = /^(\d+)\s+<\.\.\. \w+ resumed>(.*)$/;

/** Lines of `strace -f`, those that were interrupted put together again. */
function* callsOf(log: string): Generator<{ readonly name: string; readonly args: string; readonly result: number }> {
  const open = new Map<string, string>();
  for (const line of log.split('\n')) {
    const begun = UNFINISHED.exec(line);
    if (begun !== null) {
      open.set(begun[1] ?? '', begun[2] ?? '');
      continue;
    }
    const ended = RESUMED.exec(line);
    const whole = ended === null ? line : `${ended[1]}  ${open.get(ended[1] ?? '') ?? ''}${ended[2]}`;
    const call = CALL.exec(whole);
    if (call !== null) yield { name: call[2] ?? '', args: call[3] ?? '', result: Number(call[4]) };
  }
}

/** The operations on files of `folder`, and the marks on the standard output, in order. */
export function readTrace(log: string, folder: string): readonly DiskOp[] {
  const ops: DiskOp[] = [];
  const paths = new Map<number, string>();
  const known = new Set<string>();
  for (const { name, args, result } of callsOf(log)) {
    if (result < 0) continue;
    const fd = Number(/^\d+/.exec(args)?.[0] ?? -1);
    const strings = [...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map((match) => bytesOf(match[1] ?? ''));
    const inFolder = strings.map(String).filter((path) => path === folder || path.startsWith(`${folder}/`));
    const [path = '', to = ''] = inFolder;
    const at = paths.get(fd) ?? '';
    switch (name) {
      case 'openat':
        paths.delete(result);
        if (path === '') break;
        paths.set(result, path);
        if (path !== folder && args.includes('O_CREAT') && !known.has(path)) {
          known.add(path);
          ops.push({ kind: 'create', path });
        }
        if (args.includes('O_TRUNC')) ops.push({ kind: 'truncate', path, size: 0 });
        break;
      case 'close':
        paths.delete(fd);
        break;
      case 'pwrite64': {
        const offset = Number(/(\d+)$/.exec(args)?.[1]);
        if (at !== '')
          ops.push({ kind: 'write', path: at, offset, data: (strings[0] ?? Buffer.alloc(0)).subarray(0, result) });
        break;
      }
      case 'write':
        if (fd === 1) ops.push({ kind: 'mark', text: String(strings[0]) });
        else if (at !== '') ops.push({ kind: 'write', path: at, offset: 0, data: strings[0] ?? Buffer.alloc(0) });
        break;
      case 'fsync':
      case 'fdatasync':
        if (at === folder) ops.push({ kind: 'syncFolder' });
        else if (at !== '') ops.push({ kind: 'sync', path: at });
        break;
      case 'ftruncate':
        if (at !== '') ops.push({ kind: 'truncate', path: at, size: Number(/(\d+)$/.exec(args)?.[1]) });
        break;
      case 'rename':
        if (path !== '') ops.push({ kind: 'rename', path, to });
        break;
      case 'unlink':
        known.delete(path);
        if (path !== '') ops.push({ kind: 'unlink', path });
        break;
      default:
        break;
    }
  }
  return ops;
}

type Change = { readonly offset: number; readonly data: Buffer } | { readonly size: number };
/** `bytes` may be longer than the file; what is behind `size` is zero. */
type Content = { bytes: Buffer; size: number };
type File = { readonly durable: Content; pending: Change[] };

/** How the uncertain part is decided: all of it lost, all of it there, or sector by sector. */
export type Fate = { readonly kind: 'lost' | 'kept' } | { readonly kind: 'torn'; readonly random: () => number };

function resize(content: Content, size: number): void {
  if (size > content.bytes.length) {
    const grown = Buffer.alloc(size * 2);
    content.bytes.copy(grown, 0, 0, content.size);
    content.bytes = grown;
  }
  if (size < content.size) content.bytes.fill(0, size, content.size);
  content.size = size;
}

function apply(content: Content, change: Change, survives: () => boolean): void {
  if ('size' in change) {
    if (survives()) resize(content, change.size);
    return;
  }
  const last = change.offset + change.data.length;
  for (let at = change.offset; at < last; ) {
    const end = Math.min((Math.floor(at / SECTOR) + 1) * SECTOR, last);
    if (survives()) {
      if (end > content.size) resize(content, end);
      change.data.copy(content.bytes, at, at - change.offset, end - change.offset);
    }
    at = end;
  }
}

function afterCrash({ durable, pending }: File, survives: () => boolean): Buffer {
  const content = { bytes: Buffer.from(durable.bytes.subarray(0, durable.size)), size: durable.size };
  for (const change of pending) apply(content, change, survives);
  return content.bytes.subarray(0, content.size);
}

/** A disk that operations happen to one after another, and what may be left of it at each moment. */
export function openDisk() {
  /** Which file a name leads to: as the folder's own blocks on disk have it, now, and every step in between. */
  let durable = new Map<string, File>();
  let present = new Map<string, File>();
  let steps: Map<string, File>[] = [];
  const change = (update: (entries: Map<string, File>) => void): void => {
    present = new Map(present);
    update(present);
    steps.push(present);
  };
  const sync = (file: File | undefined): void => {
    if (file === undefined) return;
    for (const one of file.pending) apply(file.durable, one, () => true);
    file.pending = [];
  };
  return {
    take: (op: DiskOp): void => {
      switch (op.kind) {
        case 'create':
          if (!present.has(op.path))
            change((entries) => entries.set(op.path, { durable: { bytes: Buffer.alloc(0), size: 0 }, pending: [] }));
          return;
        case 'write':
          present.get(op.path)?.pending.push({ offset: op.offset, data: op.data });
          return;
        case 'truncate':
          present.get(op.path)?.pending.push({ size: op.size });
          return;
        case 'sync':
          sync(present.get(op.path));
          return;
        case 'syncFolder':
          durable = present;
          steps = [];
          return;
        case 'rename':
          change((entries) => {
            const file = entries.get(op.path);
            entries.delete(op.path);
            if (file !== undefined) entries.set(op.to, file);
          });
          return;
        case 'unlink':
          change((entries) => entries.delete(op.path));
          return;
        case 'mark':
          return;
        default:
          op satisfies never;
      }
    },
    /** Files by name. A folder's changes reach the disk in order; how many of the last ones did is uncertain. */
    leftBy: (fate: Fate): ReadonlyMap<string, Buffer> => {
      const survives = fate.kind === 'torn' ? () => fate.random() < 0.5 : () => fate.kind === 'kept';
      let entries = durable;
      for (const next of steps) {
        if (!survives()) break;
        entries = next;
      }
      return new Map([...entries].map(([path, file]) => [path, afterCrash(file, survives)]));
    },
  };
}
