//! The order of every vtable, compared with `data/slots.tsv`.

use mapi_com::Interface;
use mapi_com::interfaces::*;
use std::collections::BTreeMap;
use std::mem::offset_of;

/// A slot: interface, method, and the interface that adds it.
type Slots = BTreeMap<(String, usize), (String, String)>;

/// Each interface with its base and the methods it adds; windows-core says where they are.
macro_rules! declared {
    ($($interface:ident: $base:ident [$($method:ident),* $(,)?],)*) => {
        fn declared() -> Vec<(&'static str, &'static str, Vec<(&'static str, usize)>, usize)> {
            vec![$((
                stringify!($interface),
                stringify!($base),
                vec![$((
                    stringify!($method),
                    offset_of!(<$interface as Interface>::Vtable, $method) / size_of::<usize>(),
                )),*],
                size_of::<<$interface as Interface>::Vtable>() / size_of::<usize>(),
            )),*]
        }
    };
}

declared! {
    IOlkAccountHelper: IUnknown [PlaceHolder1, GetIdentity, GetMapiSession, HandsOffSession],
    IOlkEnum: IUnknown [GetCount, Reset, GetNext, Skip],
    IOlkErrorUnknown: IUnknown [GetLastError],
    IOlkAccount: IOlkErrorUnknown [PlaceHolder1, PlaceHolder2, PlaceHolder3, PlaceHolder4, PlaceHolder5, PlaceHolder6, GetAccountInfo, GetProp, SetProp, PlaceHolder7, PlaceHolder8, PlaceHolder9, FreeMemory, PlaceHolder10, SaveChanges],
    IOlkAccountManager: IOlkErrorUnknown [Init, DisplayAccountList, PlaceHolder1, PlaceHolder2, PlaceHolder3, PlaceHolder4, PlaceHolder5, FindAccount, PlaceHolder6, PlaceHolder7, PlaceHolder8, DeleteAccount, PlaceHolder9, SaveChanges, GetOrder, SetOrder, EnumerateAccounts, PlaceHolder10, PlaceHolder11, FreeMemory, Advise, Unadvise, PlaceHolder12, PlaceHolder13, PlaceHolder14],
    IOlkAccountNotify: IOlkErrorUnknown [Notify],
    IContabAdmin: IUnknown [RemoveStore],
    IAttachmentSecurity: IUnknown [IsAttachmentBlocked],
    IEnumFBBlock: IUnknown [Next, Skip, Reset, Clone, Restrict],
    IFreeBusyData: IUnknown [Placeholder1, EnumBlocks, Placeholder2, Placeholder3, Placeholder4, Placeholder5, SetFBRange, Placeholder6, GetFBPublishRange],
    IFreeBusySupport: IUnknown [Placeholder1, Placeholder2, LoadFreeBusyData, Placeholder23, Placeholder3, Placeholder4, Placeholder5, Placeholder6, Placeholder7, Placeholder8, Placeholder9, Placeholder10, Placeholder11, Placeholder12, Placeholder13, Placeholder14, Placeholder15, Placeholder16, Placeholder17, Placeholder18, Placeholder19, Placeholder20, Placeholder21, Placeholder22],
    IOlkApptRebaser: IUnknown [BeginEnumerateAppointments, EndEnumerateAppointments, BeginRebaseAppointments, EndRebaseAppointments],
    IFolderSupport: IUnknown [GetSupportMask],
    IMAPIInitMonitor: IUnknown [IsInitialized, Wait, BeginWait],
    IMAPIWaitResult: IUnknown [End],
    IMAPISecureMessage: IUnknown [Placeholder1, Placeholder2, Placeholder3, Placeholder4, GetBaseMessage, Placeholder5, Placeholder6, Placeholder7],
    IConverterSession: IUnknown [SetAdrBook, SetEncoding, Placeholder1, MIMEToMAPI, MAPIToMIMEStm, Placeholder2, Placeholder3, Placeholder4, SetTextWrapping, SetSaveFormat, Placeholder5, SetCharSet],
    IMAPISync: IUnknown [SynchronizeInBackground],
    IMAPISyncProgressCallback: IUnknown [Progress, Error, Done],
    IOSTX: IUnknown [GetLastError, InitSync, SyncBeg, SyncEnd, SyncHdrBeg, SyncHdrEnd, SetSyncResult, Placeholder1],
    IPSTOVERRIDE1: IUnknown [GetPersistedRegistrations, SetPersistedRegistrations, OverridePSTDisableGrow],
    IPSTOVERRIDEREQ: IUnknown [RegisterTrustedPSTOverrideHandler],
    IPSTX: IUnknown [GetLastError, GetSyncObject, Placeholder1, Placeholder2, Placeholder3, Placeholder4, EmulateSpooler, Placeholder5, Placeholder6, Placeholder7, Placeholder8, Placeholder9],
    IPSTX2: IPSTX [Placeholder1, Placeholder2, SetSpoolSuspendState],
    IPSTX3: IPSTX2 [Placeholder1],
    IPSTX4: IPSTX3 [Placeholder1],
    IPSTX5: IPSTX4 [Placeholder1],
    IPSTX6: IPSTX5 [Placeholder1, Placeholder2, DisconnectStore, Placeholder3, Placeholder4],
    IProxyStoreObject: IUnknown [Placeholder1, UnwrapNoRef, Placeholder2],
    IMAPIGetSession: IUnknown [GetMAPISession],
    IMAPIOffline: IUnknown [SetCurrentState, GetCapabilities, GetCurrentState, Placeholder1],
    IMAPIOfflineMgr: IMAPIOffline [Advise, Unadvise, Placeholder1, Placeholder2, Placeholder3, Placeholder4, Placeholder5, Placeholder6, Placeholder7],
    IMAPIOfflineNotify: IUnknown [Notify],
    IExchangeBadItemCallback: IUnknown [BadItem],
    IExchangeFavorites: IUnknown [GetLastError, AddFavorites, DelFavorites],
    IExchangeManageStore: IUnknown [CreateStoreEntryID, EntryIDFromSourceKey, GetRights, GetMailboxTable, GetPublicFolderTable],
    IExchangeManageStore2: IExchangeManageStore [CreateNewsgroupNameEntryID],
    IExchangeManageStore3: IExchangeManageStore2 [GetMailboxTableOffset],
    IExchangeManageStore4: IExchangeManageStore3 [GetPublicFolderTableOffset],
    IExchangeMessageConversion: IUnknown [OpenStream],
    IExchangeModifyTable: IUnknown [GetLastError, GetTable, ModifyTable],
    IExchangeMoveUserProgress: IUnknown [NextFolder, Progress, Restart],
    IExchangeNntpNewsfeed: IUnknown [Configure, CheckMsgIds, OpenArticleStream],
    IExchangeRuleAction: IUnknown [ActionCount, GetAction],
    IExchangeChangeAdviseSink: IUnknown [OnNotify],
    IExchangeChangeAdvisor: IUnknown [GetLastError, Config, UpdateState, AddKeys, RemoveKeys],
    IExchangeExportChanges: IUnknown [GetLastError, Config, Synchronize, UpdateState],
    IExchangeExportChanges2: IExchangeExportChanges [ConfigForConversionStream],
    IExchangeExportChanges3: IExchangeExportChanges2 [ConfigForSelectiveSync],
    IExchangeFastTransfer: IUnknown [Config, TransferBuffer, IsInterfaceOk],
    IExchangeImportContentsChanges: IUnknown [GetLastError, Config, UpdateState, ImportMessageChange, ImportMessageDeletion, ImportPerUserReadStateChange, ImportMessageMove],
    IExchangeImportContentsChanges2: IExchangeImportContentsChanges [ConfigForConversionStream, ImportMessageChangeAsAStream],
    IExchangeImportHierarchyChanges: IUnknown [GetLastError, Config, UpdateState, ImportFolderChange, ImportFolderDeletion],
    IMAPIControl: IUnknown [GetLastError, Activate, GetState],
    IMSCapabilities: IUnknown [GetCapabilities],
    IMAPIAdviseSink: IUnknown [OnNotify],
    IMAPIProgress: IUnknown [Progress, GetFlags, GetMax, GetMin, SetLimits],
    IMAPIProp: IUnknown [GetLastError, SaveChanges, GetProps, GetPropList, OpenProperty, SetProps, DeleteProps, CopyTo, CopyProps, GetNamesFromIDs, GetIDsFromNames],
    IProviderAdmin: IUnknown [GetLastError, GetProviderTable, CreateProvider, DeleteProvider, OpenProfileSection],
    IMAPIClientShutdown: IUnknown [QueryFastShutdown, NotifyProcessShutdown, DoFastShutdown],
    IMAPIProviderShutdown: IUnknown [QueryFastShutdown, NotifyProcessShutdown, DoFastShutdown],
    IMAPIStatus: IMAPIProp [ValidateState, SettingsDialog, ChangePassword, FlushQueues],
    IMAPITable: IUnknown [GetLastError, Advise, Unadvise, GetStatus, SetColumns, QueryColumns, GetRowCount, SeekRow, SeekRowApprox, QueryPosition, FindRow, Restrict, CreateBookmark, FreeBookmark, SortTable, QuerySortOrder, QueryRows, Abort, ExpandRow, CollapseRow, WaitForCompletion, GetCollapseState, SetCollapseState],
    IAttach: IMAPIProp [],
    IMailUser: IMAPIProp [],
    IProfSect: IMAPIProp [],
    IMAPIContainer: IMAPIProp [GetContentsTable, GetHierarchyTable, OpenEntry, SetSearchCriteria, GetSearchCriteria],
    IMAPIFolder: IMAPIContainer [CreateMessage, CopyMessages, DeleteMessages, CreateFolder, CopyFolder, DeleteFolder, SetReadFlags, GetMessageStatus, SetMessageStatus, SaveContentsSort, EmptyFolder],
    IMessage: IMAPIProp [GetAttachmentTable, OpenAttach, CreateAttach, DeleteAttach, GetRecipientTable, ModifyRecipients, SubmitMessage, SetReadFlag],
    IMsgStore: IMAPIProp [Advise, Unadvise, CompareEntryIDs, OpenEntry, SetReceiveFolder, GetReceiveFolder, GetReceiveFolderTable, StoreLogoff, AbortSubmit, GetOutgoingQueue, SetLockState, FinishedMsg, NotifyNewMail],
    IABContainer: IMAPIContainer [CreateEntry, CopyEntries, DeleteEntries, ResolveNames],
    IDistList: IMAPIContainer [CreateEntry, CopyEntries, DeleteEntries, ResolveNames],
    IMAPIForm: IUnknown [GetLastError, SetViewContext, GetViewContext, ShutdownForm, DoVerb, Advise, Unadvise],
    IMAPIFormAdviseSink: IUnknown [OnChange, OnActivateNext],
    IMAPIFormContainer: IUnknown [GetLastError, InstallForm, RemoveForm, ResolveMessageClass, ResolveMultipleMessageClasses, CalcFormPropSet, GetDisplay],
    IMAPIFormFactory: IUnknown [GetLastError, CreateClassFactory, LockServer],
    IMAPIFormInfo: IMAPIProp [CalcFormPropSet, CalcVerbSet, MakeIconFromBinary, SaveForm, OpenFormContainer],
    IMAPIFormMgr: IUnknown [GetLastError, LoadForm, ResolveMessageClass, ResolveMultipleMessageClasses, CalcFormPropSet, CreateForm, SelectForm, SelectMultipleForms, SelectFormContainer, OpenFormContainer, PrepareForm, IsInConflict],
    IMAPIMessageSite: IUnknown [GetLastError, GetSession, GetStore, GetFolder, GetMessage, GetFormManager, NewMessage, CopyMessage, MoveMessage, DeleteMessage, SaveMessage, SubmitMessage, GetSiteStatus],
    IMAPIViewAdviseSink: IUnknown [OnShutdown, OnNewMessage, OnPrint, OnSubmitted, OnSaved],
    IMAPIViewContext: IUnknown [GetLastError, SetAdviseSink, ActivateNext, GetPrintSetup, GetSaveStream, GetViewStatus],
    IPersistMessage: IUnknown [GetLastError, GetClassID, IsDirty, InitNew, Load, Save, SaveCompleted, HandsOffMessage],
    ISpoolerHook: IUnknown [InboundMsgHook, OutboundMsgHook],
    IMAPISupport: IUnknown [GetLastError, GetMemAllocRoutines, Subscribe, Unsubscribe, Notify, ModifyStatusRow, OpenProfileSection, RegisterPreprocessor, NewUID, MakeInvalid, SpoolerYield, SpoolerNotify, CreateOneOff, SetProviderUID, CompareEntryIDs, OpenTemplateID, OpenEntry, GetOneOffTable, Address, Details, NewEntry, DoConfigPropsheet, CopyMessages, CopyFolder, DoCopyTo, DoCopyProps, DoProgressDialog, ReadReceipt, PrepareSubmit, ExpandRecips, UpdatePAB, DoSentMail, OpenAddressBook, Preprocess, CompleteMsg, StoreLogoffTransports, StatusRecips, WrapStoreEntryID, ModifyProfile, IStorageFromStream, GetSvcConfigSupportObj],
    IABLogon: IUnknown [GetLastError, Logoff, OpenEntry, CompareEntryIDs, Advise, Unadvise, OpenStatusEntry, OpenTemplateID, GetOneOffTable, PrepareRecips],
    IABProvider: IUnknown [Shutdown, Logon],
    IMSLogon: IUnknown [GetLastError, Logoff, OpenEntry, CompareEntryIDs, Advise, Unadvise, OpenStatusEntry],
    IMSProvider: IUnknown [Shutdown, Logon, SpoolerLogon, CompareStoreIDs],
    IXPLogon: IUnknown [AddressTypes, RegisterOptions, TransportNotify, Idle, TransportLogoff, SubmitMessage, EndMessage, Poll, StartMessage, OpenStatusEntry, ValidateState, FlushQueues],
    IXPProvider: IUnknown [Shutdown, TransportLogon],
    IPropData: IMAPIProp [HrSetObjAccess, HrSetPropAccess, HrGetPropAccess, HrAddObjProps],
    ITableData: IUnknown [HrGetView, HrModifyRow, HrDeleteRow, HrQueryRow, HrEnumRow, HrNotify, HrInsertRow, HrModifyRows, HrDeleteRows],
    IAddrBook: IMAPIProp [OpenEntry, CompareEntryIDs, Advise, Unadvise, CreateOneOff, NewEntry, ResolveName, Address, Details, RecipOptions, QueryDefaultRecipOpt, GetPAB, SetPAB, GetDefaultDir, SetDefaultDir, GetSearchPath, SetSearchPath, PrepareRecips],
    IProfAdmin: IUnknown [GetLastError, GetProfileTable, CreateProfile, DeleteProfile, ChangeProfilePassword, CopyProfile, RenameProfile, SetDefaultProfile, AdminServices],
    IMsgServiceAdmin: IUnknown [GetLastError, GetMsgServiceTable, CreateMsgService, DeleteMsgService, CopyMsgService, RenameMsgService, ConfigureMsgService, OpenProfileSection, MsgServiceTransportOrder, AdminProviders, SetPrimaryIdentity, GetProviderTable],
    IMsgServiceAdmin2: IMsgServiceAdmin [CreateMsgServiceEx],
    IMAPISession: IUnknown [GetLastError, GetMsgStoresTable, OpenMsgStore, OpenAddressBook, OpenProfileSection, GetStatusTable, OpenEntry, CompareEntryIDs, Advise, Unadvise, MessageOptions, QueryDefaultMessageOpt, EnumAdrTypes, QueryIdentity, Logoff, SetDefaultStore, AdminServices, ShowForm, PrepareForm],
    IEnumSTATSTG: IUnknown [Next, Skip, Reset, Clone],
    IStorage: IUnknown [CreateStream, OpenStream, CreateStorage, OpenStorage, CopyTo, MoveElementTo, Commit, Revert, EnumElements, DestroyElement, RenameElement, SetElementTimes, SetClass, SetStateBits, Stat],
    IMalloc: IUnknown [Alloc, Realloc, Free, GetSize, DidAlloc, HeapMinimize],
    ISequentialStream: IUnknown [Read, Write],
    IStream: ISequentialStream [Seek, SetSize, CopyTo, Commit, Revert, LockRegion, UnlockRegion, Stat, Clone],
    ITnef: IUnknown [AddProps, ExtractProps, Finish, OpenTaggedBody, SetProps, EncodeRecips, FinishComponent],
}

fn recorded() -> Slots {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/slots.tsv");
    let text = std::fs::read_to_string(path).expect("the table is in the repository");
    let rows = text.lines().filter(|line| !line.starts_with('#')).skip(1);
    rows.map(|row| {
        let cells: Vec<&str> = row.split('\t').collect();
        let [interface, slot, method, by] = cells[..] else { panic!("{row:?} has not four cells") };
        let slot = slot.parse().expect("a slot is a number");
        ((interface.to_owned(), slot), (method.to_owned(), by.to_owned()))
    })
    .collect()
}

#[test]
fn every_slot_is_where_the_headers_have_it() {
    let recorded = recorded();
    let mut ours = Slots::new();
    for (interface, base, methods, slots) in declared() {
        let mut place = |method: &str, slot: usize, by: &str| {
            let before = ours.insert((interface.into(), slot), (method.into(), by.into()));
            assert_eq!(before, None, "{interface} has two methods in slot {slot}");
        };
        methods.iter().for_each(|(method, slot)| place(method, *slot, interface));
        // What is inherited stands where the base has it.
        let mut above = base;
        while let Some((name, base, methods, _)) = declared().iter().find(|(name, ..)| *name == above) {
            methods.iter().for_each(|(method, slot)| place(method, *slot, name));
            above = base;
        }
        assert_eq!(above, "IUnknown", "{interface} ends at IUnknown");
        let unknown = ["QueryInterface", "AddRef", "Release"];
        (0..3).for_each(|slot| place(unknown[slot], slot, "IUnknown"));
        assert_eq!(ours.range((interface.into(), 0)..=(interface.into(), usize::MAX)).count(), slots);
    }
    // Four interfaces inherit here what their headers repeat; the slots are the same.
    let repeats = |interface: &str| {
        interface == "IMsgServiceAdmin2"
            || matches!(
                interface,
                "IExchangeManageStore2" | "IExchangeManageStore3" | "IExchangeManageStore4"
            )
    };
    for (key, (method, by)) in &recorded {
        let Some((our_method, our_by)) = ours.get(key) else { panic!("{key:?} {method} is not declared") };
        assert_eq!(our_method, method, "{key:?}");
        assert!(our_by == by || repeats(&key.0), "{key:?}: {our_by} is not {by}");
    }
    assert_eq!(ours.len(), recorded.len(), "nothing is declared that is not recorded");
    assert_eq!(declared().len(), 103);
}
