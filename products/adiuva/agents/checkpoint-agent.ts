import { z } from 'zod';
import { type Agent, agentTool } from './agent.ts';
import { FLAG, filterBy, idOf, NEW_FLAG, NEW_TIME, NEW_TITLE, TIME, TITLE } from './fields.ts';
import { createRecord, deleteRecord, listRows, updateRecord } from './records.ts';

const listCheckpoints = agentTool({
  name: 'list_checkpoints',
  description: 'Lists checkpoints (milestones).',
  input: z.strictObject({ project_id: filterBy('project') }),
  run: ({ project_id }, session) => listRows(session, 'checkpoints', { where: { project_id } }),
});

const createCheckpoint = agentTool({
  name: 'create_checkpoint',
  description:
    'Creates a checkpoint of a project. Set is_ai_suggested to 1, and is_approved to 0, only if the user did not ask for it: they approve it later.',
  input: z.strictObject({
    project_id: idOf('project'),
    title: TITLE,
    date: TIME,
    is_ai_suggested: FLAG,
    is_approved: FLAG,
  }),
  run: (input, session) => createRecord(session, 'checkpoints', input),
});

const updateCheckpoint = agentTool({
  name: 'update_checkpoint',
  description:
    'Changes the fields of a checkpoint that you name. To approve a suggested one set is_approved to 1.',
  input: z.strictObject({
    checkpoint_id: idOf('checkpoint'),
    title: NEW_TITLE,
    date: NEW_TIME,
    is_ai_suggested: NEW_FLAG,
    is_approved: NEW_FLAG,
  }),
  run: ({ checkpoint_id, ...fields }, session) =>
    updateRecord(session, 'checkpoints', { id: checkpoint_id, fields }),
});

const deleteCheckpoint = agentTool({
  name: 'delete_checkpoint',
  description: 'Deletes a checkpoint for good.',
  input: z.strictObject({ checkpoint_id: idOf('checkpoint') }),
  run: ({ checkpoint_id }, session) => deleteRecord(session, 'checkpoints', checkpoint_id),
});

export const checkpointAgent: Agent = {
  name: 'checkpoint_agent',
  description: 'Manages project checkpoints (milestones): list, create, update, delete',
  skills: ['checkpoints', 'milestones', 'dates of a project', 'suggestions to approve'],
  prompt: 'checkpoint_agent',
  tools: [listCheckpoints, createCheckpoint, updateCheckpoint, deleteCheckpoint],
};
