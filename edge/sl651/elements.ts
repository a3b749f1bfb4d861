/** The elements of SL 651-2014 (identifier table of annex C): names, units and N(digits,decimals), as data. */
import type { QuantityCode } from '../../model/quantity.ts';
import type { Text } from '../../model/text.ts';

export type Sl651Element = {
  /** Two hexadecimal digits. */
  readonly id: string;
  /** Its name in ASCII frames. */
  readonly ascii: string;
  readonly name: Text;
  /** As people write it; `''` for a pure number or a code. */
  readonly unit: string;
  readonly digits: number;
  readonly decimals: number;
  /** What it is in this system; null where there is no such quantity. */
  readonly quantity: QuantityCode | null;
};

type Row = readonly [
  id: number,
  ascii: string,
  zh: string,
  en: string,
  unit: string,
  digits: number,
  decimals: number,
  quantity?: QuantityCode,
];

/** The same element eight times, numbered. */
const eight = (id: number, ascii: string, zh: string, en: string, ...rest: readonly unknown[]): Row[] =>
  Array.from({ length: 8 }, (_, index) => {
    const n = index + 1;
    return [id + index, `${ascii}${n}`, `${zh}${n}`, `${en} ${n}`, ...rest] as unknown as Row;
  });

const DEPTHS_CM = [10, 20, 30, 40, 50, 60, 80, 100] as const;

const ROWS: readonly Row[] = [
  [0x01, 'AC', '断面面积', 'cross-section area', 'm²', 8, 2],
  [0x02, 'AI', '瞬时气温', 'air temperature', '°C', 3, 1, 'temperature'],
  [0x03, 'C', '瞬时水温', 'water temperature', '°C', 3, 1, 'temperature'],
  [0x04, 'DR', '时间步长码', 'time step', '', 6, 0],
  [0x05, 'DT', '时段长', 'duration', 'h.min', 5, 2],
  [0x06, 'ED', '日蒸发量', 'evaporation of the day', 'mm', 5, 1],
  [0x07, 'EJ', '当前蒸发', 'evaporation', 'mm', 5, 1],
  [0x08, 'FL', '气压', 'air pressure', 'hPa', 5, 0],
  [0x09, 'GH', '闸门开启高度', 'gate opening', 'm', 5, 2],
  [0x0a, 'GN', '输水设备、闸门编号', 'gate number', '', 3, 0],
  [0x0b, 'GS', '输水设备类别', 'gate kind', '', 1, 0],
  [0x0c, 'GT', '闸门开启孔数', 'open gate holes', '', 3, 0],
  [0x0d, 'GTP', '地温', 'ground temperature', '°C', 3, 1, 'temperature'],
  [0x0e, 'H', '地下水瞬时埋深', 'groundwater depth', 'm', 6, 2],
  [0x0f, 'HW', '波浪高度', 'wave height', 'm', 5, 2],
  ...DEPTHS_CM.map(
    (cm, index): Row => [
      0x10 + index,
      `M${cm}`,
      `${cm}厘米处土壤含水量`,
      `soil moisture at ${cm} cm`,
      '%',
      4,
      1,
      'soilMoisture',
    ],
  ),
  [0x18, 'MST', '湿度', 'humidity', '%', 4, 1],
  [0x19, 'NS', '开机台数', 'running pumps', '', 2, 0],
  [0x1a, 'P1', '1小时时段降水量', 'rain of 1 h', 'mm', 5, 1, 'rain'],
  [0x1b, 'P2', '2小时时段降水量', 'rain of 2 h', 'mm', 5, 1, 'rain'],
  [0x1c, 'P3', '3小时时段降水量', 'rain of 3 h', 'mm', 5, 1, 'rain'],
  [0x1d, 'P6', '6小时时段降水量', 'rain of 6 h', 'mm', 5, 1, 'rain'],
  [0x1e, 'P12', '12小时时段降水量', 'rain of 12 h', 'mm', 5, 1, 'rain'],
  [0x1f, 'PD', '日降水量', 'rain of the day', 'mm', 5, 1, 'rain'],
  [0x20, 'PJ', '当前降水量', 'rain since the day began', 'mm', 5, 1, 'rain'],
  [0x21, 'PN01', '1分钟时段降水量', 'rain of 1 min', 'mm', 5, 1, 'rain'],
  [0x22, 'PN05', '5分钟时段降水量', 'rain of 5 min', 'mm', 5, 1, 'rain'],
  [0x23, 'PN10', '10分钟时段降水量', 'rain of 10 min', 'mm', 5, 1, 'rain'],
  [0x24, 'PN30', '30分钟时段降水量', 'rain of 30 min', 'mm', 5, 1, 'rain'],
  [0x25, 'PR', '暴雨量', 'rain of the storm', 'mm', 5, 1, 'rain'],
  [0x26, 'PT', '降水量累计值', 'accumulated rain', 'mm', 6, 1, 'rain'],
  [0x27, 'Q', '瞬时流量', 'discharge', 'm³/s', 9, 3, 'flow'],
  ...eight(0x28, 'Q', '取(排)水口流量', 'discharge of intake', 'm³/s', 9, 3, 'flow'),
  [0x30, 'QA', '总出库流量', 'total outflow', 'm³/s', 9, 3, 'flow'],
  [0x31, 'QZ', '输水设备流量', 'discharge of the gate group', 'm³/s', 9, 3, 'flow'],
  [0x32, 'SW', '输沙量', 'sediment load', '10⁴ t', 11, 3],
  [0x33, 'UC', '风向', 'wind direction', '', 2, 0],
  [0x34, 'UE', '风力', 'wind force', '', 2, 0],
  [0x35, 'US', '风速', 'wind speed', 'm/s', 4, 1],
  [0x36, 'VA', '断面平均流速', 'mean velocity', 'm/s', 5, 3, 'velocity'],
  [0x37, 'VJ', '当前瞬时流速', 'velocity', 'm/s', 5, 3, 'velocity'],
  [0x38, 'VT', '电源电压', 'supply voltage', 'V', 4, 2, 'voltage'],
  [0x39, 'Z', '瞬时河道水位、潮位', 'river or tide level', 'm', 7, 3, 'level'],
  [0x3a, 'ZB', '库(闸、站)下水位', 'level below the dam', 'm', 7, 3, 'level'],
  [0x3b, 'ZU', '库(闸、站)上水位', 'level above the dam', 'm', 7, 3, 'level'],
  ...eight(0x3c, 'Z', '取(排)水口水位', 'level of intake', 'm', 7, 3, 'level'),
  [0x44, 'SQ', '含沙量', 'sediment concentration', 'kg/m³', 9, 3],
  [0x45, 'ZT', '遥测站状态及报警信息', 'station status and alarms', '', 8, 0],
  [0x46, 'PH', 'pH值', 'pH', '', 4, 2],
  [0x47, 'DO', '溶解氧', 'dissolved oxygen', 'mg/L', 4, 2],
  [0x48, 'COND', '电导率', 'conductivity', 'µS/cm', 5, 0],
  [0x49, 'TURB', '浊度', 'turbidity', '', 3, 0],
  [0x4a, 'CODMN', '高锰酸盐指数', 'permanganate index', 'mg/L', 4, 1],
  [0x4b, 'REDOX', '氧化还原电位', 'redox potential', 'mV', 5, 1],
  [0x4c, 'NH4N', '氨氮', 'ammonia nitrogen', 'mg/L', 6, 2],
  [0x4d, 'TP', '总磷', 'total phosphorus', 'mg/L', 5, 3],
  [0x4e, 'TN', '总氮', 'total nitrogen', 'mg/L', 5, 2],
  [0x4f, 'TOC', '总有机碳', 'total organic carbon', 'mg/L', 4, 2],
  [0x50, 'CU', '铜', 'copper', 'mg/L', 7, 4],
  [0x51, 'ZN', '锌', 'zinc', 'mg/L', 6, 4],
  [0x52, 'SE', '硒', 'selenium', 'mg/L', 7, 5],
  [0x53, 'AS', '砷', 'arsenic', 'mg/L', 7, 5],
  [0x54, 'THG', '总汞', 'total mercury', 'mg/L', 7, 5],
  [0x55, 'CD', '镉', 'cadmium', 'mg/L', 7, 5],
  [0x56, 'PB', '铅', 'lead', 'mg/L', 7, 5],
  [0x57, 'CHLA', '叶绿素a', 'chlorophyll a', 'mg/L', 4, 2],
  ...eight(0x58, 'WP', '水压', 'water pressure', 'kPa', 5, 2, 'pressure'),
  ...eight(0x60, 'SYL', '水表剩余水量', 'remaining water of meter', 'm³', 11, 3),
  ...eight(0x68, 'SBL', '水表每小时水量', 'hourly water of meter', 'm³/h', 10, 2),
  [0x70, 'VTA', '交流A相电压', 'voltage of phase A', 'V', 4, 1, 'voltage'],
  [0x71, 'VTB', '交流B相电压', 'voltage of phase B', 'V', 4, 1, 'voltage'],
  [0x72, 'VTC', '交流C相电压', 'voltage of phase C', 'V', 4, 1, 'voltage'],
  [0x73, 'VIA', '交流A相电流', 'current of phase A', 'A', 4, 1],
  [0x74, 'VIB', '交流B相电流', 'current of phase B', 'A', 4, 1],
  [0x75, 'VIC', '交流C相电流', 'current of phase C', 'A', 4, 1],
  [0xf4, 'DRP', '1小时内每5分钟时段雨量', 'rain of each 5 min of the hour', 'mm', 2, 1, 'rain'],
  ...eight(0xf5, 'DRZ', '1小时内5分钟间隔相对水位', 'relative level every 5 min', 'm', 4, 2, 'level'),
];

export const hexByte = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, '0');

export const SL651_ELEMENTS: ReadonlyMap<string, Sl651Element> = new Map(
  ROWS.map(([id, ascii, zh, en, unit, digits, decimals, quantity = null]) => [
    hexByte(id),
    { id: hexByte(id), ascii, name: { zh, en }, unit, digits, decimals, quantity },
  ]),
);

/** Identifier by the name that ASCII frames use. */
export const SL651_ASCII_NAMES: ReadonlyMap<string, string> = new Map(
  [...SL651_ELEMENTS.values()].map(({ ascii, id }) => [ascii, id]),
);

/** What a station is (byte after its address in a body). */
export const STATION_CLASSES: { readonly [letter: string]: Text } = {
  P: { zh: '降水', en: 'rain' },
  H: { zh: '河道', en: 'river' },
  K: { zh: '水库', en: 'reservoir' },
  Z: { zh: '闸坝', en: 'gate' },
  D: { zh: '泵站', en: 'pump' },
  T: { zh: '潮汐', en: 'tide' },
  M: { zh: '墒情', en: 'soil' },
  G: { zh: '地下水', en: 'groundwater' },
  Q: { zh: '水质', en: 'quality' },
  I: { zh: '取水口', en: 'intake' },
  O: { zh: '排水口', en: 'outlet' },
};

export type StatusBit = {
  readonly bit: number;
  readonly name: Text;
  /** The level of the bit that means "in order" or "at rest". */
  readonly rest: 0 | 1;
};

/** Bits of element 45H (table 58). Two are inverted: the door is closed and the pump stopped at 1. */
export const STATUS_BITS: readonly StatusBit[] = [
  { bit: 0, name: { zh: '交流电停电', en: 'mains lost' }, rest: 0 },
  { bit: 1, name: { zh: '蓄电池电压低', en: 'battery low' }, rest: 0 },
  { bit: 2, name: { zh: '水位超限', en: 'level alarm' }, rest: 0 },
  { bit: 3, name: { zh: '流量超限', en: 'flow alarm' }, rest: 0 },
  { bit: 4, name: { zh: '水质超限', en: 'quality alarm' }, rest: 0 },
  { bit: 5, name: { zh: '流量仪表故障', en: 'flow meter fault' }, rest: 0 },
  { bit: 6, name: { zh: '水位仪表故障', en: 'level meter fault' }, rest: 0 },
  { bit: 7, name: { zh: '箱门开启', en: 'door open' }, rest: 1 },
  { bit: 8, name: { zh: '存储器异常', en: 'storage fault' }, rest: 0 },
  { bit: 9, name: { zh: 'IC卡有效', en: 'IC card in use' }, rest: 0 },
  { bit: 10, name: { zh: '水泵工作', en: 'pump running' }, rest: 1 },
  { bit: 11, name: { zh: '剩余水量超限', en: 'water quota exceeded' }, rest: 0 },
];
