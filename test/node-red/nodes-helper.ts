/** The built nodes in Node-RED's own test helper, which is a CommonJS package of the package's own tree. */
import { createRequire } from 'node:module';
import { buildNodes, isBuilt, PACKAGE_DIR } from '#dashboards/node-red/io/build.ts';
import { NODE_SPECS } from '#dashboards/node-red/src/editor/specs/all.ts';
import { until } from '#test/support/until.ts';

export type Sent = { readonly [key: string]: unknown };
type HelperNode = {
  on(event: 'input', run: (message: Sent) => void): void;
  receive(message: object): void;
  /** Spies on the methods of all nodes. */
  readonly warn: { readonly args: readonly (readonly unknown[])[] };
  readonly status: { readonly args: readonly (readonly unknown[])[]; readonly thisValues: readonly unknown[] };
};
type FlowNode = { readonly id: string; readonly type: string; readonly [setting: string]: unknown };
type Helper = {
  init(runtime: string, settings?: object): void;
  load(nodes: readonly unknown[], flow: readonly object[], credentials: object): Promise<void>;
  unload(): Promise<void>;
  clearFlows(): Promise<void>;
  /** Without a store that is named Node-RED forgets the context of a node that it stops. */
  readonly _context: { load(): Promise<void> };
  readonly _redNodes: { startFlows(kind: 'full'): Promise<void> };
  getNode(id: string): HelperNode | null;
  request(): { post(path: string): Promise<{ readonly status: number; readonly body: unknown }> };
};

const inPackage = createRequire(`${PACKAGE_DIR}/package.json`);
export const loadBuilt = (type: string): unknown => inPackage(`./dist/nodes/${type}.js`);

export async function openHelper() {
  if (!isBuilt()) await buildNodes();
  const helper = inPackage('node-red-node-test-helper') as Helper;
  helper.init(inPackage.resolve('node-red'), { contextStorage: { default: { module: 'memory' } } });
  const types = NODE_SPECS.map(({ type }) => loadBuilt(type));
  return {
    helper,
    /** `SERVER` and the flow; what the nodes send is caught by helper nodes, as `outputs` and `errors` of a node's id. */
    run: async (flow: readonly FlowNode[], credentials: object = {}) => {
      // A node without a place on a sheet would be taken for a configuration node.
      const placed = flow.map((one) => ('wires' in one ? { x: 10, y: 10, z: 'tab', ...one } : one));
      await helper.load(types, [{ id: 'tab', type: 'tab' }, ...placed], credentials);
      await helper._context.load();
      const sinks = flow.filter(({ type }) => type === 'helper').map(({ id }) => id);
      const catches = new Map(sinks.map((id) => [id, [] as Sent[]]));
      const listen = () => {
        for (const id of sinks) helper.getNode(id)?.on('input', (message) => void catches.get(id)?.push(message));
      };
      listen();
      return {
        node: (id: string): HelperNode => {
          const found = helper.getNode(id);
          if (found === null) throw new Error(`no node ${id}`);
          return found;
        },
        caught: (id: string): readonly Sent[] => catches.get(id) ?? [],
        wait: (id: string, count: number): Promise<readonly Sent[]> =>
          until(`${count} messages at ${id}`, 5_000, () => {
            const caught = catches.get(id) ?? [];
            return caught.length >= count && caught;
          }),
        /** As a deployment does it: every node is closed and made anew, and its context stays. */
        redeploy: async (meanwhile: () => Promise<void>) => {
          await helper.clearFlows();
          await meanwhile();
          await helper._redNodes.startFlows('full');
          listen();
        },
        stop: () => helper.unload(),
      };
    },
  };
}

type Status = { readonly fill?: string; readonly text?: string };
const statusesOf = (node: HelperNode): readonly Status[] =>
  node.status.args.flatMap(([status], index) => (node.status.thisValues[index] === node ? [status as Status] : []));
export const statusTexts = (node: HelperNode): readonly string[] => statusesOf(node).map(({ text }) => text ?? '');
export const lastStatus = (node: HelperNode): Status => statusesOf(node).at(-1) ?? {};
