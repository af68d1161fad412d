import type { ColumnFormat } from './column-format.js'
export const arrow: ColumnFormat = { kind: 'columns', name: 'arrow', title: 'Arrow', endings: ['.arrow', '.feather'], hasFields: true, open() { throw new Error('todo') } }
