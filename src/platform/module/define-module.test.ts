import { expect, test } from 'vitest';
import { defineModule, inOrder } from './index.ts';

const sweep = { cron: '7 * * * *', run: () => Promise.resolve() };

test('a module is what it says, and what it does not say is empty', () => {
  const notes = defineModule({
    name: 'notes',
    purpose: 'what people write down',
    systemUses: {
      'notes.sweep': 'old ones go, whoever wrote them',
      'admin.notes': 'a platform admin reads them',
    },
    create: (parts: { readonly text: string }) => ({ read: () => parts.text }),
  });
  expect(notes).toMatchObject({ name: 'notes', dataRules: [], schedules: {}, routes: [], partRoutes: {} });
  expect(notes.migrations()).toEqual([]);
  expect(notes.create({ text: 'a note' }).read()).toBe('a note');
});

test('a use of db.system that is named after another module is refused', () => {
  const define = () =>
    defineModule({ name: 'notes', purpose: '', systemUses: { 'limits.sweep': 'not its own' } });
  expect(define).toThrow('"notes" declares the system use limits.sweep, which is not its own');
});

test('a rule for a table of another module is refused', () => {
  const define = () =>
    defineModule({
      name: 'notes',
      purpose: '',
      dataRules: [{ table: 'limits.permits', nobodys: 'a guess' }],
    });
  expect(define).toThrow('"notes" has a rule for limits.permits, which is not its own table');
});

test('a name is given once: to a module, to a schedule, to a use', () => {
  const notes = defineModule({ name: 'notes', purpose: '', schedules: { sweep } });
  expect(inOrder([notes])).toEqual([notes]);
  expect(() => inOrder([notes, notes])).toThrow('the module notes is declared twice');
  const other = defineModule({ name: 'other', purpose: '', schedules: { sweep } });
  expect(() => inOrder([notes, other])).toThrow('the schedule sweep is declared twice');
  const reader = (name: 'reader' | 'writer') =>
    defineModule({ name, purpose: '', systemUses: { 'admin.notes': 'a platform admin reads them' } });
  expect(() => inOrder([reader('reader'), reader('writer')])).toThrow('admin.notes is declared twice');
});
