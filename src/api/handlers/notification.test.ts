/** What notices and access say of the same things agrees. The handlers themselves are tested on PostgreSQL, in tests/contract. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { permissionsOf, roles } from "../../access/permission.ts";
import { noticeDefaults } from "../../notice/rule.ts";
import { noticeKinds, noticeRoles } from "../../record/notice.ts";

test("a notice can go to every role, and to no other", () => {
  assert.deepEqual(noticeRoles, roles);
});

test("whoever is told by default may read it and take it over", () => {
  for (const kind of noticeKinds) {
    const { role, escalate } = noticeDefaults[kind];
    for (const told of escalate ? [role, escalate.role] : [role]) {
      assert.ok(permissionsOf[told].includes("notification.read"), `${kind} ${told}`);
      assert.ok(permissionsOf[told].includes("notification.acknowledge"), `${kind} ${told}`);
    }
  }
});
