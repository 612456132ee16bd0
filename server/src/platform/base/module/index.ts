export {
  assertOwn,
  defineModule,
  type Made,
  type Maker,
  type Module,
} from './define-module.ts';
export { inOrder } from './in-order.ts';
export { keepSchedules } from './scheduling.ts';
