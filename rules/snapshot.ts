/** A snapshot: the engine's state as bytes, a JSON head and the arrays behind it; the same rows after it do the same. */
import { openModels } from './models/open-models.ts';
import { HAZARD_MODELS } from './models/registry.ts';
import type { ModelBinding, RuleDef } from './state.ts';
import { ARRAYS, type ArrayName, type EdgeState, type EngineState } from './state.ts';

/** Raised when the state changes its meaning: an older snapshot is then refused and the rows are read again. */
export const SNAPSHOT_FORMAT = 4;

type Head = {
  readonly format: number;
  readonly version: string;
  readonly silence: EngineState['silence'];
  readonly sensorIds: readonly string[];
  readonly points: readonly string[];
  readonly edgeIds: readonly string[];
  readonly edges: EdgeState[];
  readonly defs: readonly RuleDef[];
  readonly quantities: EngineState['quantities'];
  readonly bucketMs: number;
  readonly ringLength: number;
  readonly bucketCap: number;
  readonly nextSilenceMs: number;
  readonly upSinceMs: number;
  readonly counters: EngineState['counters'];
  readonly hearings: EngineState['hearings'];
  readonly models: readonly ModelBinding[];
  readonly nextModelTickMs: number;
  readonly zone: EngineState['zone'];
  readonly limitsAtMs: number;
  readonly lengths: readonly number[];
};

const align = (bytes: number): number => Math.ceil(bytes / 8) * 8;

export function encodeSnapshot(state: EngineState): Uint8Array {
  const { version, silence, sensorIds, points, edgeIds, edges, defs, quantities } = state;
  const { bucketMs, ringLength, bucketCap, nextSilenceMs, upSinceMs, counters, hearings } = state;
  const { models, nextModelTickMs, zone, limitsAtMs } = state;
  const head: Head = {
    ...{ format: SNAPSHOT_FORMAT, version, silence, sensorIds, points, edgeIds, edges, defs, quantities },
    ...{ bucketMs, ringLength, bucketCap, nextSilenceMs, upSinceMs, counters, hearings },
    ...{ models, nextModelTickMs, zone, limitsAtMs },
    lengths: ARRAYS.map((name) => state[name].byteLength),
  };
  const text = new TextEncoder().encode(JSON.stringify(head));
  const start = align(8 + text.length);
  const out = new Uint8Array(start + head.lengths.reduce((sum, length) => sum + align(length), 0));
  new DataView(out.buffer).setUint32(0, text.length, true);
  out.set(text, 8);
  let at = start;
  for (const name of ARRAYS) {
    const array = state[name];
    out.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at += align(array.byteLength);
  }
  return out;
}

const KINDS = {
  ints: Int32Array,
  aliveAt: Float64Array,
  allowFrom: Float64Array,
  edgeOf: Int32Array,
  pointOf: Int32Array,
  ring: Int32Array,
  hot: Int32Array,
  buckets: Int32Array,
  defOf: Int32Array,
  slotOfBinding: Int32Array,
  bindPoint: Int32Array,
  latch: Uint8Array,
  lost: Uint8Array,
  since: Float64Array,
  late: Float64Array,
  slopeOf: Int32Array,
  slopes: Float64Array,
  modelOf: Int32Array,
  cells: Float64Array,
  lastFigure: Float64Array,
  doubtUntil: Float64Array,
} as const satisfies { readonly [name in ArrayName]: unknown };

/** The state of a snapshot; undefined when it was written by another format. */
export function decodeSnapshot(bytes: Uint8Array): EngineState | undefined {
  // A copy of its own: aligned, and free of the buffer that it was read into.
  const own = bytes.slice().buffer;
  if (own.byteLength < 8) return undefined;
  const length = new DataView(own).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(own, 8, length))) as Head;
  if (head.format !== SNAPSHOT_FORMAT) return undefined;
  const places = new Map<ArrayName, ArrayBuffer>();
  let at = align(8 + length);
  for (const [index, name] of ARRAYS.entries()) {
    const size = head.lengths[index] ?? 0;
    places.set(name, own.slice(at, at + size));
    at += align(size);
  }
  const open = <N extends ArrayName>(name: N): InstanceType<(typeof KINDS)[N]> =>
    new KINDS[name](places.get(name) ?? new ArrayBuffer(0)) as InstanceType<(typeof KINDS)[N]>;
  const ints = open('ints');
  const { format: _format, lengths: _lengths, ...rest } = head;
  const state = {
    ...rest,
    slotOf: new Map(rest.sensorIds.map((id, slot) => [id, slot])),
    ints,
    doubles: new Float64Array(ints.buffer),
    ...{
      aliveAt: open('aliveAt'),
      allowFrom: open('allowFrom'),
      edgeOf: open('edgeOf'),
      pointOf: open('pointOf'),
      ring: open('ring'),
    },
    ...{ hot: open('hot'), buckets: open('buckets'), defOf: open('defOf'), slotOfBinding: open('slotOfBinding') },
    ...{ bindPoint: open('bindPoint'), latch: open('latch'), lost: open('lost'), since: open('since') },
    ...{ late: open('late'), slopeOf: open('slopeOf'), slopes: open('slopes') },
    ...{ modelOf: open('modelOf'), cells: open('cells'), lastFigure: open('lastFigure') },
    doubtUntil: open('doubtUntil'),
  };
  return state.models.every((bound) => fitsModel(bound, state)) ? { ...state, open: openModels(state) } : undefined;
}

/** Whether this version's model has a memory of the same size; after one that changed the rows are read again. */
function fitsModel({ binding, inputs, cells }: ModelBinding, { defs, defOf }: Pick<EngineState, 'defs' | 'defOf'>) {
  const measure = defs[defOf[binding] as number]?.measure;
  if (measure?.kind !== 'model') return false;
  return HAZARD_MODELS.get(measure.model)?.numbers(measure.params, inputs.length + 1) === cells;
}
