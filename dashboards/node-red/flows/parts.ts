/** The nodes of a flow as Node-RED keeps them: placed on a sheet, with ids that stay the same from one making to the next. */
import { SERVER_NODE_ID } from '../settings/first-flows.ts';

export type FlowNode = { readonly id: string; readonly type: string; readonly [property: string]: unknown };
/** Of the sheet: a text, or a secret that goes into the encrypted credentials. */
export type FlowVariable = { readonly name: string; readonly value: string; readonly type: 'str' | 'num' | 'cred' };

type Place = { readonly x: number; readonly y: number; readonly name: string };
type Wires = readonly (readonly string[])[];

/**
 * `number` tells the flows apart. The server that the nodes name is the one that the first start makes: it is not in the
 * file, so that an import cannot bring a second one.
 */
export function sheet(number: number, label: string, info: string, env: readonly FlowVariable[]) {
  const idOf = (part: number): string => `fe465010${String(number).padStart(4, '0')}${String(part).padStart(4, '0')}`;
  const z = idOf(0);
  const on = (part: number, type: string, place: Place, more: object, wires: Wires): FlowNode => ({
    id: idOf(part),
    type,
    z,
    ...place,
    wires: wires.map((one) => [...one]),
    ...more,
  });
  return {
    idOf,
    tab: { id: z, type: 'tab', label, disabled: false, info, env: env.map((one) => ({ ...one })) } as FlowNode,
    note: (part: number, place: Place, info: string) => on(part, 'comment', place, { info }, []),
    alertsIn: (part: number, place: Place, more: object, wires: Wires) =>
      on(
        part,
        'fengsui-alerts-in',
        place,
        {
          server: SERVER_NODE_ID,
          minLevel: 'yellow',
          ...{ hazards: '', grids: '', openAtStart: false, everything: false },
          ...{ drill: false, simulated: false, replay: false },
          ...more,
        },
        wires,
      ),
    action: (part: number, place: Place, action: string, wires: Wires) =>
      on(part, 'fengsui-alert-action', place, { server: SERVER_NODE_ID, action, note: '' }, wires),
    /** `first` runs once when the node starts. */
    code: (part: number, place: Place, func: string, wires: Wires, first = '') =>
      on(
        part,
        'function',
        place,
        {
          func: func.trim(),
          outputs: wires.length,
          ...{ timeout: 0, noerr: 0, initialize: first, finalize: '', libs: [] },
        },
        wires,
      ),
    http: (part: number, place: Place, ret: 'txt' | 'bin', wires: Wires) =>
      on(
        part,
        'http request',
        place,
        {
          ...{ method: 'use', ret, paytoqs: 'ignore', url: '', tls: '', persist: false, proxy: '' },
          ...{ insecureHTTPParser: false, authType: '', senderr: true, headers: [] },
        },
        wires,
      ),
    caught: (part: number, place: Place, of: readonly number[], wires: Wires) =>
      on(part, 'catch', place, { scope: of.map(idOf), uncaught: false }, wires),
    wait: (part: number, place: Place, wires: Wires) =>
      on(
        part,
        'delay',
        place,
        {
          ...{ pauseType: 'delayv', timeout: '2', timeoutUnits: 'seconds', rate: '1', nbRateUnits: '1' },
          ...{ rateUnits: 'second', randomFirst: '1', randomLast: '5', randomUnits: 'seconds', drop: false },
          ...{ allowrate: false, outputs: 1 },
        },
        wires,
      ),
    /** In the side bar of the editor. */
    shown: (part: number, place: Place, property: string) =>
      on(
        part,
        'debug',
        place,
        {
          ...{ active: true, tosidebar: true, console: false, tostatus: true, complete: property, targetType: 'msg' },
          ...{ statusVal: `${property}.message`, statusType: 'msg' },
        },
        [],
      ),
    on,
  };
}
export type Sheet = ReturnType<typeof sheet>;
