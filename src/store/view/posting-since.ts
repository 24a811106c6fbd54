/**
 * Since when a posting `p` is to be mended, in SQL. One that is tried or asked for again is settled each time: it waits for as
 * long as it is owed. Any other waits since it was refused.
 */
export const postingSince = `case when p.state = 'in-doubt' or (p.state = 'refused' and p.parked) then p.planned_at
  else coalesce(p.settled_at, p.planned_at) end`;
