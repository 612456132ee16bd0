-- What a holder was handed out and never gave back is owed beside the seat, and no part of the holder after it: that one's end is its own.
alter table limits.seats
  -- The fence of whom it is owed to, which alone gives it up; null in rows from before this step: nobody does.
  add column owed_fence integer;
