import { z } from 'zod';
import { type Agent, type AgentSession, agentTool } from './agent.ts';
import { belongsTo, filterBy, idOf, movesTo, NEW_TEXT, NEW_TITLE, TEXT, TITLE } from './fields.ts';
import {
  createRecord,
  deleteRecord,
  findRow,
  readRow,
  listRows,
  textOf,
  toolError,
  updateRecord,
} from './records.ts';

const listNotes = agentTool({
  name: 'list_notes',
  description: 'Lists notes with the beginning of their content. get_note answers the whole of one.',
  input: z.strictObject({ project_id: filterBy('project') }),
  run: ({ project_id }, session) => listRows(session, 'notes', { where: { project_id } }),
});

const getNote = agentTool({
  name: 'get_note',
  description: 'Answers one note with its whole content. Call it before you change the content of a note.',
  input: z.strictObject({ note_id: idOf('note') }),
  run: ({ note_id }, session) => readRow(session, 'notes', note_id),
});

const createNote = agentTool({
  name: 'create_note',
  description: 'Creates a note.',
  input: z.strictObject({
    title: TITLE,
    content: TEXT.describe('Markdown'),
    project_id: belongsTo('project'),
  }),
  run: (input, session) => createRecord(session, 'notes', input),
});

const updateNote = agentTool({
  name: 'update_note',
  description:
    'Changes the fields of a note that you name. content is the whole new text in Markdown: call get_note first, and keep what is to stay.',
  input: z.strictObject({
    note_id: idOf('note'),
    title: NEW_TITLE,
    content: NEW_TEXT,
    project_id: movesTo('project'),
  }),
  run({ note_id, ...fields }, session) {
    if (fields.content !== null && isUnread(session, note_id))
      return toolError(
        'note_unread',
        'This would replace a text that you have not seen. Call get_note first.',
      );
    return updateRecord(session, 'notes', { id: note_id, fields });
  },
});

/** Whether a note was sent with a content that no tool has answered yet in whole: what replaces it unseen would lose it. */
function isUnread(session: AgentSession, id: string): boolean {
  const found = findRow(session, 'notes', id);
  if ('error' in found || found.row === undefined || session.read.has(id)) return false;
  return textOf(found.row, 'content') !== '';
}

const deleteNote = agentTool({
  name: 'delete_note',
  description: 'Deletes a note for good.',
  input: z.strictObject({ note_id: idOf('note') }),
  run: ({ note_id }, session) => deleteRecord(session, 'notes', note_id),
});

export const noteAgent: Agent = {
  name: 'note_agent',
  description: 'Manages notes: list, get, create, update, delete',
  skills: ['notes', 'minutes', 'drafts', 'summaries of notes', 'Markdown'],
  prompt: 'note_agent',
  tools: [listNotes, getNote, createNote, updateNote, deleteNote],
};
