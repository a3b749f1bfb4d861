/**
 * What can be imported and exported, kind by kind: its columns with the headings under which counties have them, how each
 * cell is read and written. One column a field of the county's own files, whose schemas check the rest.
 */
import type { z } from 'zod';
import { gridSchema, listedHouseholdSchema, personSchema, pointSchema } from '#cli/load/schemas.ts';
import { routeSchema, shelterSchema } from '#cli/load/shelters.ts';
import {
  type ReadCell,
  readCode,
  readDay,
  readLine,
  readName,
  readNumber,
  readPhones,
  readRef,
  readTexts,
  readWord,
} from '#cli/registry/cell.ts';

export const TABLE_KINDS = ['grids', 'people', 'households', 'points', 'shelters', 'routes'] as const;
export type TableKind = (typeof TABLE_KINDS)[number];
export const IMPORT_KINDS = [...TABLE_KINDS, 'boundaries'] as const;
export type ImportKind = (typeof IMPORT_KINDS)[number];

/** An item as the county's files hold it. */
export type Item = { readonly [field: string]: unknown };
export type OutCell = string | number;

export type Column = {
  /** `name.zh` is the field `zh` of the field `name`. */
  readonly field: string;
  /** The first is written by an export. */
  readonly headings: readonly [string, ...string[]];
  readonly read: ReadCell<unknown>;
  readonly write: (value: unknown) => OutCell;
  /** A table without it is none of this kind. */
  readonly required?: true;
  /** Names something of another list, by its id or its name. */
  readonly ref?: TableKind;
  /** Personal: named in the report of a refusal, never with its value. */
  readonly personal?: true;
};

export type Kind = {
  readonly columns: readonly Column[];
  readonly schema: z.ZodType;
  readonly keyOf: (item: Item) => string;
};

const asText = (value: unknown): string => (typeof value === 'string' ? value : String(value ?? ''));
const asCell = (value: unknown): OutCell => (typeof value === 'number' ? value : asText(value));
const joined =
  (by: string) =>
  (value: unknown): string =>
    Array.isArray(value) ? value.map(asText).join(by) : '';
const column = (
  field: string,
  headings: readonly [string, ...string[]],
  read: ReadCell<unknown> = readName,
  more: Partial<Column> = {},
): Column => ({ field, headings, read, write: asCell, ...more });

const GRID_KIND = {
  county: ['县', '县级', '一级', '区', '市'],
  township: ['乡镇', '镇', '乡', '街道', '二级'],
  park: ['园区', '工业园区', '开发区'],
  village: ['村', '行政村', '三级'],
  community: ['社区', '居委会'],
  enterprise: ['企业', '单位'],
  group: ['组', '村民小组', '屯', '小组'],
} as const;
const POST = {
  head: ['网格长', '书记', '主任', '村支书'],
  deputy: ['副网格长', '副书记', '副主任'],
  manager: ['网格管理员', '管理员'],
  member: ['网格员', '巡查员', '专职网格员'],
  dispatcher: ['调度员', '值班员'],
  information: ['信息员', '灾害信息员', '预警信息员'],
} as const;
const POINT_KIND = {
  slope: ['滑坡', '斜坡', '崩塌', '不稳定斜坡', '地质灾害'],
  reservoir: ['水库', '山塘'],
  river: ['河道', '山洪沟', '河流'],
  'rain-station': ['雨量站'],
  warehouse: ['仓库', '厂房', '火灾'],
} as const;
const RISK = {
  major: ['重大', '特大型', '极高', '高'],
  larger: ['较大', '大型', '中'],
  general: ['一般', '中型', '较低'],
  low: ['低', '小型'],
} as const;

export const wordsOf = (kind: 'grid' | 'post' | 'point' | 'risk', word: string): string =>
  (
    ({ grid: GRID_KIND, post: POST, point: POINT_KIND, risk: RISK }) as {
      readonly [k: string]: { readonly [w: string]: readonly string[] };
    }
  )[kind]?.[word]?.[0] ?? word;
const word = (kind: 'grid' | 'post' | 'point' | 'risk') => (value: unknown) =>
  value === undefined ? '' : wordsOf(kind, asText(value));

const LON = column('lon', ['经度', '东经', 'lon', 'lng', 'longitude', 'x', '经度(度)'], readNumber, { required: true });
const LAT = column('lat', ['纬度', '北纬', 'lat', 'latitude', 'y', '纬度(度)'], readNumber, { required: true });
const NAME_EN = column('name.en', ['英文名称', '英文名', 'name_en', 'english name']);
const PHONE = [
  '电话',
  '手机',
  '手机号',
  '手机号码',
  '联系电话',
  '联系方式',
  '电话号码',
  'phone',
  'mobile',
  'tel',
] as const;
const phoneColumn = column('phones', [...PHONE], readPhones, { required: true, personal: true, write: joined('、') });

const byId = (item: Item): string => asText(item['id']);

export const KINDS: { readonly [K in TableKind]: Kind } = {
  grids: {
    schema: gridSchema,
    keyOf: (item) => asText(item['code']),
    columns: [
      column(
        'code',
        ['网格编码', '编码', '行政区划代码', '区划代码', '区划编码', '代码', 'code', 'gridcode', 'xzqdm'],
        readCode,
        { required: true },
      ),
      column('name.zh', ['网格名称', '名称', '行政区划名称', '区划名称', 'name', 'xzqmc'], readName, {
        required: true,
      }),
      NAME_EN,
      column('kind', ['网格类型', '类型', '类别', '级别', '层级', 'kind', 'type'], readWord(GRID_KIND), {
        write: word('grid'),
      }),
      column('parent', ['上级网格', '上级', '上级编码', '上级网格编码', '所属网格', 'parent'], readCode),
      column('validFrom', ['启用日期', '生效日期', 'valid_from'], readDay),
      column('validTo', ['停用日期', '失效日期', '撤销日期', 'valid_to'], readDay),
      column('successor', ['替代编码', '并入', '并入编码', 'successor'], readCode),
    ],
  },
  people: {
    schema: personSchema,
    keyOf: byId,
    columns: [
      column('id', ['人员编号', '编号', '工号', 'id'], readCode),
      column('name', ['姓名', '人员姓名', '网格员姓名', 'name'], readName, { required: true, personal: true }),
      phoneColumn,
      column(
        'grid',
        [
          '网格编码',
          '所属网格',
          '网格',
          '所在网格',
          '所在村',
          '所属村',
          '所属社区',
          '所属村组',
          '村',
          '村社区',
          '单位',
          '网格名称',
          'grid',
        ],
        readRef,
        {
          ref: 'grids',
        },
      ),
      column('post', ['岗位', '职务', '网格职务', '担任职务', 'post'], readWord(POST), { write: word('post') }),
      column('email', ['邮箱', '电子邮箱', '电子邮件', 'email'], readName, { personal: true }),
      column('accounts', ['账号', '通道账号', 'accounts'], readTexts, { personal: true, write: joined('；') }),
    ],
  },
  households: {
    schema: listedHouseholdSchema,
    keyOf: (item) => `${asText(item['point'])} ${byId(item)}`,
    columns: [
      column('point', ['隐患点编号', '隐患点', '灾险点', '所属隐患点', 'point'], readRef, {
        required: true,
        ref: 'points',
      }),
      column('id', ['户编号', '户号', '编号', 'id'], readCode),
      column('head', ['户主', '户主姓名', '姓名', 'head'], readName, { required: true, personal: true }),
      column('people', ['人口', '人数', '家庭人口', '受威胁人数', 'people'], readNumber, { required: true }),
      { ...phoneColumn, field: 'phone' },
      column('caller', ['叫应人', '责任人', '包保责任人', '转移责任人', '联系人', 'caller'], readRef, {
        ref: 'people',
      }),
      column('grid', ['网格编码', '所属组', '组', '网格', 'grid'], readRef, { ref: 'grids' }),
      column('address', ['住址', '地址', '详细地址', 'address'], readName, { personal: true }),
      column('needsHelp', ['需帮助人员', '特殊人群', '需帮扶', '老弱病残', '备注特殊', 'needshelp'], readTexts, {
        personal: true,
        write: joined('；'),
      }),
      column('route', ['转移路线', '路线', '路线编号', 'route'], readRef, { ref: 'routes' }),
      column('shelter', ['避难场所', '安置点', '避险场所', '场所编号', 'shelter'], readRef, { ref: 'shelters' }),
    ],
  },
  points: {
    schema: pointSchema,
    keyOf: byId,
    columns: [
      column('id', ['隐患点编号', '编号', '点编号', '统一编号', '野外编号', 'id'], readCode, { required: true }),
      column('name.zh', ['隐患点名称', '名称', '隐患点', '灾险点名称', '灾害点名称', 'name'], readName, {
        required: true,
      }),
      NAME_EN,
      column('kind', ['类型', '隐患类型', '灾害类型', '灾种', 'kind', 'type'], readWord(POINT_KIND), {
        required: true,
        write: word('point'),
      }),
      column('risk', ['风险等级', '等级', '险情等级', '规模等级', 'risk'], readWord(RISK), {
        required: true,
        write: word('risk'),
      }),
      LON,
      LAT,
    ],
  },
  shelters: {
    schema: shelterSchema,
    keyOf: byId,
    columns: [
      column('id', ['场所编号', '编号', 'id'], readCode, { required: true }),
      column('name.zh', ['场所名称', '名称', '避难场所', '安置点', 'name'], readName, { required: true }),
      NAME_EN,
      LON,
      LAT,
      column('capacity', ['容纳人数', '容量', '可容纳人数', '可安置人数', 'capacity'], readNumber, { required: true }),
      column('keeper', ['管理人', '责任人', '联系人', 'keeper'], readRef, { ref: 'people' }),
      column('address', ['地址', '位置', '详细地址', 'address'], readName),
    ],
  },
  routes: {
    schema: routeSchema,
    keyOf: byId,
    columns: [
      column('id', ['路线编号', '编号', 'id'], readCode, { required: true }),
      column('name.zh', ['路线名称', '名称', '转移路线', 'name'], readName, { required: true }),
      NAME_EN,
      column('shelter', ['避难场所', '安置点', '场所编号', 'shelter'], readRef, { required: true, ref: 'shelters' }),
      column('way.zh', ['路线说明', '说明', '走法', 'way'], readName, { required: true }),
      column('way.en', ['英文说明', 'way_en'], readName),
      column('line', ['坐标', '路线坐标', '线路', 'line'], readLine, {
        write: (value) => (Array.isArray(value) ? value.map((place) => (place as number[]).join(',')).join(' ') : ''),
      }),
    ],
  },
};
