/** Writes a CAP message as XML, its elements in the schema's order; what it holds has been checked by the rules before. */
import {
  CAP_NAMESPACE,
  type CapArea,
  type CapCircle,
  type CapInfo,
  type CapMessage,
  type CapPair,
  type CapPolygon,
  type CapReference,
} from './message.ts';
import { element } from './xml.ts';

/** Seven digits after the point are a centimetre. */
const degrees = (value: number): string => String(Number(value.toFixed(7)));

export const writePolygon = (polygon: CapPolygon): string =>
  polygon.map(([lat, lon]) => `${degrees(lat)},${degrees(lon)}`).join(' ');
export const writeCircle = ({ lat, lon, radiusKm }: CapCircle): string =>
  `${degrees(lat)},${degrees(lon)} ${Number(radiusKm.toFixed(3))}`;
export const writeReference = ({ sender, identifier, sent }: CapReference): string => `${sender},${identifier},${sent}`;

const many = (name: string, texts: readonly string[], indent: string): string =>
  texts.map((text) => element(name, text, indent)).join('');

const pairs = (name: string, all: readonly CapPair[], indent: string): string =>
  all
    .map(
      ({ valueName, value }) =>
        `${indent}<${name}>\n${element('valueName', valueName, `${indent}  `)}${element('value', value, `${indent}  `)}${indent}</${name}>\n`,
    )
    .join('');

const writeArea = (area: CapArea): string =>
  `    <area>\n${[
    element('areaDesc', area.areaDesc, '      '),
    many('polygon', area.polygons.map(writePolygon), '      '),
    many('circle', area.circles.map(writeCircle), '      '),
    pairs('geocode', area.geocodes, '      '),
  ].join('')}    </area>\n`;

const writeInfo = (info: CapInfo): string =>
  `  <info>\n${[
    element('language', info.language, '    '),
    many('category', info.categories, '    '),
    element('event', info.event, '    '),
    many('responseType', info.responseTypes, '    '),
    element('urgency', info.urgency, '    '),
    element('severity', info.severity, '    '),
    element('certainty', info.certainty, '    '),
    pairs('eventCode', info.eventCodes, '    '),
    element('effective', info.effective, '    '),
    element('onset', info.onset, '    '),
    element('expires', info.expires, '    '),
    element('senderName', info.senderName, '    '),
    element('headline', info.headline, '    '),
    element('description', info.description, '    '),
    element('instruction', info.instruction, '    '),
    element('contact', info.contact, '    '),
    pairs('parameter', info.parameters, '    '),
    info.areas.map(writeArea).join(''),
  ].join('')}  </info>\n`;

export function writeCap(message: CapMessage): string {
  const references = message.references.map(writeReference).join(' ');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<alert xmlns="${CAP_NAMESPACE}">\n${[
    element('identifier', message.identifier, '  '),
    element('sender', message.sender, '  '),
    element('sent', message.sent, '  '),
    element('status', message.status, '  '),
    element('msgType', message.msgType, '  '),
    element('source', message.source, '  '),
    element('scope', message.scope, '  '),
    element('restriction', message.restriction, '  '),
    element('addresses', message.addresses, '  '),
    many('code', message.codes, '  '),
    element('note', message.note, '  '),
    element('references', references === '' ? null : references, '  '),
    element('incidents', message.incidents, '  '),
    message.infos.map(writeInfo).join(''),
  ].join('')}</alert>\n`;
}
