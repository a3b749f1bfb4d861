/** What the editor shows of a node, as data: the HTML, both languages' catalogues and both help texts are made from it. */
import type { Text } from '../../../../model/text.ts';

type Named = { readonly name: string; readonly label: Text };
export type Field = Named &
  (
    | { readonly kind: 'server'; readonly required: boolean }
    | { readonly kind: 'text'; readonly default: string; readonly required?: boolean; readonly pattern?: string }
    | { readonly kind: 'long'; readonly default: string }
    | { readonly kind: 'number'; readonly default: number; readonly min: number; readonly max: number }
    | { readonly kind: 'flag'; readonly default: boolean }
    | { readonly kind: 'choice'; readonly default: string; readonly options: readonly Option[] }
    /** Kept in Node-RED's encrypted credentials, never in the flow; `hidden` is a password. */
    | { readonly kind: 'credential'; readonly hidden: boolean }
  );
type Option = { readonly value: string; readonly label: Text };

/** A property of a message, as the help lists it. */
export type Property = { readonly name: string; readonly type: string; readonly text: Text };
export type Help = {
  readonly about: Text;
  readonly inputs?: readonly Property[];
  /** One list an output, in their order. */
  readonly outputs?: readonly (readonly Property[])[];
  /** A paragraph each. */
  readonly details: readonly Text[];
};

export type NodeSpec = {
  readonly type: string;
  readonly isConfig?: true;
  readonly label: Text;
  readonly icon: string;
  readonly inputs: 0 | 1;
  readonly outputLabels: readonly Text[];
  readonly fields: readonly Field[];
  readonly help: Help;
  /** What the running node says; `__name__` is filled in. */
  readonly words: { readonly [key: string]: Text };
  /** A button that asks the running node for a test of its connections. */
  readonly testButton?: Text;
};
