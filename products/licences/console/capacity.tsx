import { useTexts } from '@plinth/console';
import type { ReplyOf } from '@plinth/sdk';
import { texts } from './texts.ts';

type Capacity = Pick<
  ReplyOf<'GET /v1/licenses/{id}'>,
  'current_seats_used' | 'max_seats' | 'machines_used' | 'max_machines'
>;

/** The columns of a table of licences that say how many seats and machines are in use. */
export function useCapacityColumns() {
  const { say, format } = useTexts(texts);
  const usedOf = (used: number, max: number) =>
    say('limit.of', { used: format.count(used), max: format.count(max) });
  return [
    {
      head: say('seats'),
      isFigure: true,
      cell: ({ current_seats_used: used, max_seats: max }: Capacity) => usedOf(used, max),
    },
    {
      head: say('machines'),
      isFigure: true,
      cell: ({ machines_used: used, max_machines: max }: Capacity) => usedOf(used, max),
    },
  ];
}
