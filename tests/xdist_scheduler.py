"""How the tests are shared out among the processes of pytest-xdist."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

# Few tests that take long: begun first, so that no process is left alone with one at the end.
LONG = (
    *("test_production.py", "test_make_run.py", "test_crowd.py", "test_embedded.py"),
    *("test_deep_and_wide.py", "test_labels.py", "test_outbox.py", "test_processes.py"),
)
# Each page is opened once and looked at by several tests; the pages have nothing in common.
PAGE_BY_PAGE = "test_page_access.py"


def unit_of(nodeid: str) -> str:
    """What goes to one process as a whole: a file, since its tests share what is slow to make."""
    path, _, test = nodeid.partition("::")
    if path.endswith(PAGE_BY_PAGE) and "[" in test:
        return test[test.index("[") :]
    return path


class Shares(LoadScopeScheduling):
    """Whole files, the long ones first, then those with the most tests."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        long = next((unit for unit in self.workqueue if unit.endswith(LONG)), None)
        if long:
            self.workqueue.move_to_end(long, last=False)
        super()._assign_work_unit(node)
