"""The tables of a county as they come: titles above the heading, merged cells, numbers for codes, several telephones."""
import datetime, sys
from openpyxl import Workbook

def people(path):
    book = Workbook()
    sheet = book.active
    sheet.title = '网格员'
    sheet.append(['云岭县网格员名册（2026年）'])
    sheet.merge_cells('A1:E1')
    sheet.append([])
    sheet.append(['序号', '姓 名', '手机号码 ', '所属村', '职务'])
    sheet.append([1, '石敢当', 13900009001, '451099101201', '网格员'])
    sheet.append([2, '石有田　', '１３９００００９００２、13900009003', '桃树湾村', '信息员'])
    sheet.append([3, '石大山', '139 0000 9004', 451099101202, '副网格长'])
    sheet.append([3, '石大山', '139 0000 9004', 451099101203, '网格员'])
    sheet.append([4, '石小河', '1.39E+10', '桃树湾村', '网格员'])
    sheet.append([5, '石无村', '13900009006', '没有村', '网格员'])
    sheet.append([6, '', '13900009007', '桃树湾村', '网格员'])
    sheet.append([7, '石无岗', '13900009008', '桃树湾村', None])
    sheet.append([8, '石新岗', '13900009009', '桃树湾村', '村医'])
    sheet.append([9, '石远', '13900009010', '451099109999', '网格员'])
    book.create_sheet('说明')['A1'] = '填表说明'
    book.save(path)

def grids(path):
    book = Workbook()
    sheet = book.active
    sheet.append(['编码', '名称', '上级', '启用日期', '停用日期', '替代编码'])
    sheet.append([451099101205, '新桥村', None, datetime.date(2026, 7, 1), None, None])
    sheet.append(['451099101206', '老桥村', '451099101', '2020/1/1', '2026年7月1日', '451099101205'])
    sheet.append(['4.51E+11', '丢位村', None, None, None, None])
    sheet.append(['451099101205-G01', '第一组', None, None, None, None])
    book.save(path)

def read(path):
    from openpyxl import load_workbook
    sheet = load_workbook(path).active
    for row in sheet.iter_rows(values_only=True):
        print('\t'.join('' if value is None else f'{type(value).__name__}:{value}' for value in row))

{'people': people, 'grids': grids, 'read': read}[sys.argv[1]](sys.argv[2])
