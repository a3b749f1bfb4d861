/** Makes what Node-RED's editor reads from a node's description: HTML, catalogues and help, so that no key can be missing. */
import type { Lang, Text } from '../../../../model/text.ts';
import { COMMON_WORDS } from './common-words.ts';
import type { Field, Help, NodeSpec, Property } from './spec.ts';

/** Node-RED's language → the field of our texts. */
export const LANGUAGES = { 'zh-CN': 'zh', 'en-US': 'en' } as const satisfies { readonly [language: string]: Lang };

const CATEGORY = '烽燧 Fengsui';
const COLOUR = '#E2A98F';
const escapeHtml = (raw: string): string =>
  raw.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
/** A literal inside a script element: nothing in it may end the element. */
const literal = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

/** Beside labels that are longer than Node-RED's own. */
const WIDTH = 'width:60%';
const inputId = (spec: NodeSpec, name: string): string => `node-${spec.isConfig ? 'config-' : ''}input-${name}`;

function controlOf(spec: NodeSpec, field: Field): string {
  const id = inputId(spec, field.name);
  switch (field.kind) {
    case 'long':
      return `<textarea id="${id}" rows="8" style="width:100%"></textarea>`;
    case 'flag':
      return `<input type="checkbox" id="${id}" style="width:auto">`;
    case 'number':
      return `<input type="number" id="${id}" min="${field.min}" max="${field.max}" step="any" style="${WIDTH}">`;
    case 'choice':
      return `<select id="${id}" style="${WIDTH}">${field.options
        .map(
          ({ value }) =>
            `<option value="${escapeHtml(value)}" data-i18n="${spec.type}.option.${field.name}.${value}"></option>`,
        )
        .join('')}</select>`;
    case 'credential':
      return `<input type="${field.hidden ? 'password' : 'text'}" id="${id}" autocomplete="new-password" style="${WIDTH}">`;
    case 'server':
      return `<input type="text" id="${id}">`;
    case 'text':
      return `<input type="text" id="${id}" style="${WIDTH}">`;
    default:
      return field satisfies never;
  }
}

const rowOf = (spec: NodeSpec, name: string, control: string): string =>
  `  <div class="form-row"><label for="${inputId(spec, name)}" style="width:130px" data-i18n="${spec.type}.field.${name}"></label>${control}</div>`;

function formOf(spec: NodeSpec): string {
  const rows = [
    rowOf(spec, 'name', `<input type="text" id="${inputId(spec, 'name')}" style="${WIDTH}">`),
    ...spec.fields.map((field) => rowOf(spec, field.name, controlOf(spec, field))),
  ];
  if (spec.testButton !== undefined)
    rows.push(
      `  <div class="form-row"><button type="button" class="red-ui-button" id="${spec.type}-test" data-i18n="${spec.type}.button"></button> <span id="${spec.type}-result"></span></div>`,
    );
  return rows.join('\n');
}

/** The editor's check of a field; what it lets through is parsed again by the running node. */
function defaultOf(field: Field): string | undefined {
  switch (field.kind) {
    case 'credential':
      return undefined;
    case 'server':
      return `{ value: '', type: 'fengsui-server', required: ${field.required} }`;
    case 'number':
      return `{ value: ${field.default}, required: true, validate: function (v) { return v !== '' && isFinite(v) && +v >= ${field.min} && +v <= ${field.max}; } }`;
    case 'text': {
      const pattern =
        field.pattern === undefined
          ? ''
          : `, validate: function (v) { return new RegExp(${literal(field.pattern)}).test(v || ''); }`;
      return `{ value: ${literal(field.default)}, required: ${field.required === true}${pattern} }`;
    }
    default:
      return `{ value: ${literal(field.default)} }`;
  }
}

const TEST_SCRIPT = (type: string): string => `,
    oneditprepare: function () {
      var node = this;
      $('#${type}-test').on('click', function () {
        var result = $('#${type}-result').text('…');
        $.ajax({ url: 'fengsui/server/' + encodeURIComponent(node.id) + '/test', type: 'POST' })
          .done(function (said) { result.text(said.lines.join('; ')); })
          .fail(function () { result.text(node._('${type}.words.deployFirst')); });
      });
    }`;

function scriptOf(spec: NodeSpec): string {
  const { type } = spec;
  const defaults = spec.fields.flatMap((field) => {
    const made = defaultOf(field);
    return made === undefined ? [] : [`      ${literal(field.name)}: ${made}`];
  });
  const credentials = spec.fields.flatMap((field) =>
    field.kind === 'credential'
      ? [`      ${literal(field.name)}: { type: '${field.hidden ? 'password' : 'text'}' }`]
      : [],
  );
  const placed = spec.isConfig
    ? ''
    : `
    color: '${COLOUR}',
    icon: '${spec.icon}',
    inputs: ${spec.inputs},
    outputs: ${spec.outputLabels.length},
    outputLabels: function (index) { return this._('${type}.output.' + index); },`;
  return `  RED.nodes.registerType('${type}', {
    category: '${spec.isConfig ? 'config' : CATEGORY}',${placed}
    defaults: {
      name: { value: '' }${defaults.map((one) => `,\n${one}`).join('')}
    },
    credentials: {
${credentials.join(',\n')}
    },
    paletteLabel: function () { return this._('${type}.label'); },
    label: function () { return this.name || this._('${type}.label'); },
    labelStyle: function () { return this.name ? 'node_label_italic' : ''; }${spec.testButton === undefined ? '' : TEST_SCRIPT(type)}
  });`;
}

export const renderHtml = (spec: NodeSpec): string => `<script type="text/html" data-template-name="${spec.type}">
${formOf(spec)}
</script>
<script type="text/javascript">
${scriptOf(spec)}
</script>
`;

const inLanguage = (words: { readonly [key: string]: Text }, lang: Lang) =>
  Object.fromEntries(Object.entries(words).map(([key, text]) => [key, text[lang]]));

/** The catalogue of one language: `TYPE.field.…`, `TYPE.option.…`, `TYPE.output.…`, `TYPE.words.…`. */
export function renderCatalogue(spec: NodeSpec, lang: Lang): object {
  const name: Text = { zh: '名称', en: 'Name' };
  const options = spec.fields.flatMap((field) =>
    field.kind === 'choice'
      ? [[field.name, Object.fromEntries(field.options.map(({ value, label }) => [value, label[lang]]))] as const]
      : [],
  );
  return {
    [spec.type]: {
      label: spec.label[lang],
      field: {
        name: name[lang],
        ...Object.fromEntries(spec.fields.map((field) => [field.name, field.label[lang]])),
      },
      option: Object.fromEntries(options),
      output: Object.fromEntries(spec.outputLabels.map((text, index) => [String(index), text[lang]])),
      words: { ...inLanguage(COMMON_WORDS, lang), ...inLanguage(spec.words, lang) },
      ...(spec.testButton === undefined ? {} : { button: spec.testButton[lang] }),
    },
  };
}

const HEADINGS = {
  inputs: { zh: '输入', en: 'Inputs' },
  outputs: { zh: '输出', en: 'Outputs' },
  details: { zh: '说明', en: 'Details' },
} as const satisfies { readonly [key: string]: Text };

const listOf = (properties: readonly Property[], lang: Lang): string =>
  `<dl class="message-properties">${properties
    .map(
      ({ name, type, text }) =>
        `<dt>${escapeHtml(name)} <span class="property-type">${escapeHtml(type)}</span></dt><dd>${escapeHtml(text[lang])}</dd>`,
    )
    .join('')}</dl>`;

function outputsOf(spec: NodeSpec, outputs: NonNullable<Help['outputs']>, lang: Lang): string {
  const items = outputs.map(
    (properties, index) => `<li>${escapeHtml(spec.outputLabels[index]?.[lang] ?? '')}${listOf(properties, lang)}</li>`,
  );
  return `<h3>${HEADINGS.outputs[lang]}</h3>\n<ol class="node-ports">${items.join('\n')}</ol>`;
}

export function renderHelp(spec: NodeSpec, lang: Lang): string {
  const { about, inputs, outputs, details } = spec.help;
  const parts = [`<p>${escapeHtml(about[lang])}</p>`];
  if (inputs !== undefined) parts.push(`<h3>${HEADINGS.inputs[lang]}</h3>\n${listOf(inputs, lang)}`);
  if (outputs !== undefined) parts.push(outputsOf(spec, outputs, lang));
  parts.push(`<h3>${HEADINGS.details[lang]}</h3>`, ...details.map((text) => `<p>${escapeHtml(text[lang])}</p>`));
  return `<script type="text/html" data-help-name="${spec.type}">\n${parts.join('\n')}\n</script>\n`;
}
