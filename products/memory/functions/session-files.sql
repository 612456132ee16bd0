-- What a file of a session took is the account's again, however it goes; its bytes go with the last file of the session that has them.
create or replace function coditect.forget_file() returns trigger language plpgsql as $$
begin
  if not exists (select from coditect.memory_files f
      where f.account_id = old.account_id and f.session_id = old.session_id and f.blob_id = old.blob_id) then
    perform blobs.forget_of(old.account_id, old.blob_id);
  end if;
  -- Its row, by the number of session-files/service.ts.
  update limits.gauges g set used = greatest(0, g.used - 400), updated_at = app.now()
    where g.account_id = old.account_id and g.product = 'coditect' and g.name = 'memory_bytes';
  return null;
end $$;

create or replace trigger forget_file after delete on coditect.memory_files
  for each row execute function coditect.forget_file();
