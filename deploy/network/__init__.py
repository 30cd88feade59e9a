"""Network gear: what a switch, router or firewall should be, and the lines that make it so. Pure.

The contract with whatever speaks to the gear (`deploy.remote`):

- **Reading.** `reads.reads(platform)` says which commands are read into which sections
  (`reads.told` and `untold` carry it in a job). `gathered.gathered` makes one text of the answers,
  without secrets and counters: the visit tells it as the section `running` and keeps the
  values that were masked in its memory.
- **Wanted.** `intended.gear_intent` draws a vendor-neutral `intent.GearIntent` from the inventory;
  `render.render` makes the configuration of it, secrets as markers (`deploy.secret_text`).
- **Difference.** `difference.differ` compares: per area a `deploy.change.LinesChange` with
  `lines` to send one by one in their order, and `rollback`, which takes them back. Leading
  spaces are for readers; sections are left with `exit` (`next` and `end` on FortiOS), and the
  lines of a banner are elements of their own. Secrets are put in by `secrets.resolve`, in the
  worker alone: `{{secret:CREDENTIAL.FIELD}}` from the job's secrets, `<masked:N:…>` from what the
  visit masked in the reading that the plan was made from.
- **Cuts.** `Difference.cuts` names the lines that would cut the path by which the gear is managed;
  they are sent only with a second approval. `management` and `ports` are risky: armed with the
  gear's own confirmed commit, or with the rollback on a timer.
- **Proof.** The gear is read once more; the difference has to be empty. `proved.PROVED` names
  the platforms on which all of this was seen to work; the others are `rendered, not proved`.
- **Errors.** A command line says "ok" to everything: an answer that matches `reads.REFUSED` is an
  error. Nothing is atomic but a confirmed commit: after one, read again and send the difference
  back to what was there.
"""
