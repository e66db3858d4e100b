"""All that services need of a store: the sum of what each of them asks for, noun by noun, in the files beside this."""

from typing import Protocol

from app.services.store.callers import KeyReads, KeyTransaction, LiveKeys, RateStore
from app.services.store.cases import CaseLists, CaseReads, CaseTransaction, PresentCases, Unlocked
from app.services.store.clocks import CalendarReads, CalendarTransaction, ClockReads, CountsClocks
from app.services.store.definitions import DefinitionReads, DefinitionTransaction
from app.services.store.export_jobs import ExportJobStore
from app.services.store.exports import LogPages
from app.services.store.history import HistoryReads
from app.services.store.log import LogStore
from app.services.store.log_checks import LogChecks
from app.services.store.log_tree import CheckStore
from app.services.store.operating import Operating
from app.services.store.people import PeopleChanges, PeopleStore
from app.services.store.policy import PolicyReads, PolicyTransaction
from app.services.store.saved_views import SavedViews
from app.services.store.scans import ScanStore
from app.services.store.search import Searching
from app.services.store.transactions import NotingTransaction, Transactions
from app.services.store.work import Blobs, WorkReads


class Transaction(
    CaseTransaction,
    PolicyTransaction,
    KeyTransaction,
    DefinitionTransaction,
    CalendarTransaction,
    PeopleChanges,
    NotingTransaction,
    Protocol,
):
    """One write transaction: lock, decide outside, record once."""


class Store(
    Transactions[Transaction],
    CaseReads,
    Unlocked,
    CaseLists,
    PresentCases,
    Searching,
    ClockReads,
    CountsClocks,
    CalendarReads,
    DefinitionReads,
    PolicyReads,
    LogStore,
    CheckStore,
    LogPages,
    ExportJobStore,
    LogChecks,
    WorkReads,
    SavedViews,
    HistoryReads,
    Blobs,
    ScanStore,
    KeyReads,
    LiveKeys,
    RateStore,
    PeopleStore,
    Operating,
    Protocol,
):
    """A database with the schema of migrations/. SQLite and PostgreSQL pass one conformance suite."""
