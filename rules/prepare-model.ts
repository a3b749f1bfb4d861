/** What the compiler does to a model's parameters before its table reads them: an expression becomes a program. */
import { prepareExpression } from './expression/prepare.ts';
import type { ParamFault } from './models/params.ts';

type Given = { readonly [name: string]: unknown };
type Prepare = (given: Given, faults: ParamFault[]) => Given | undefined;

const PREPARE: ReadonlyMap<string, Prepare> = new Map([['expression', prepareExpression]]);

/** The parameters as the model's table reads them; undefined when something is wrong, which goes to `faults`. */
export function prepareModel(model: string, given: Given, faults: ParamFault[]): Given | undefined {
  const prepare = PREPARE.get(model);
  return prepare === undefined ? given : prepare(given, faults);
}
