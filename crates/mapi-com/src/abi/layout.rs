//! Sizes and offsets of the C structures, asserted when this crate is compiled.
//! The same numbers stand in `data/layout.tsv`, which `tests/layout.rs` compares with this table.

use super::*;
use std::mem::offset_of;

/// Size, alignment and members of one structure.
#[derive(Clone, Copy, Debug)]
pub struct Structure {
    /// The C name.
    pub name: &'static str,
    /// Bytes.
    pub size: usize,
    /// Bytes.
    pub align: usize,
    /// The members, in the order of the structure.
    pub members: &'static [Member],
}

/// One member; members of a union within are written `union.member`.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// The C name.
    pub name: &'static str,
    /// Bytes from the start of the structure.
    pub offset: usize,
    /// Bytes.
    pub size: usize,
}

/// The size of what a function from a structure to its member points at.
const fn pointee_bytes<S, M>(_: fn(*const S) -> *const M) -> usize {
    size_of::<M>()
}

/// A table of data: each number is asserted against the structure when this file is compiled.
macro_rules! layout {
    ($($structure:ident $size:literal $align:literal {
        $($first:ident $(. $rest:ident)* $offset:literal $bytes:literal),* $(,)?
    })*) => {
        $(const _: () = {
            assert!(size_of::<$structure>() == $size, stringify!($structure));
            assert!(align_of::<$structure>() == $align, stringify!($structure));
            $(
                assert!(
                    offset_of!($structure, $first $(. $rest)*) == $offset,
                    concat!(stringify!($structure), " ", stringify!($first))
                );
                // SAFETY: the function is never called; only the type it returns is looked at.
                let at = |it: *const $structure| unsafe { &raw const (*it).$first $(. $rest)* };
                assert!(pointee_bytes(at) == $bytes, concat!(stringify!($structure), " ", stringify!($first)));
            )*
        };)*

        /// Every structure with a fixed layout, by file and in the order of the file.
        pub const LAYOUT: &[Structure] = &[$(Structure {
            name: stringify!($structure),
            size: $size,
            align: $align,
            members: &[$(Member {
                name: concat!(stringify!($first) $(, ".", stringify!($rest))*),
                offset: $offset,
                size: $bytes,
            }),*],
        }),*];
    };
}

layout! {
    CY 8 8 { int64 0 8 }
    SBinary 16 8 { cb 0 4, lpb 8 8 }
    SShortArray 16 8 { cValues 0 4, lpi 8 8 }
    SGuidArray 16 8 { cValues 0 4, lpguid 8 8 }
    SRealArray 16 8 { cValues 0 4, lpflt 8 8 }
    SLongArray 16 8 { cValues 0 4, lpl 8 8 }
    SLargeIntegerArray 16 8 { cValues 0 4, lpli 8 8 }
    SDateTimeArray 16 8 { cValues 0 4, lpft 8 8 }
    SAppTimeArray 16 8 { cValues 0 4, lpat 8 8 }
    SCurrencyArray 16 8 { cValues 0 4, lpcur 8 8 }
    SBinaryArray 16 8 { cValues 0 4, lpbin 8 8 }
    SDoubleArray 16 8 { cValues 0 4, lpdbl 8 8 }
    SWStringArray 16 8 { cValues 0 4, lppszW 8 8 }
    SLPSTRArray 16 8 { cValues 0 4, lppszA 8 8 }
    __UPV 16 8 { i 0 2, l 0 4, ul 0 4, lpv 0 8, flt 0 4, dbl 0 8, b 0 2, cur 0 8, at 0 8, ft 0 8, lpszA 0 8, bin 0 16, lpszW 0 8, lpguid 0 8, li 0 8, MVi 0 16, MVl 0 16, MVflt 0 16, MVdbl 0 16, MVcur 0 16, MVat 0 16, MVft 0 16, MVbin 0 16, MVszA 0 16, MVszW 0 16, MVguid 0 16, MVli 0 16, err 0 4, x 0 4 }
    SPropValue 24 8 { ulPropTag 0 4, dwAlignPad 4 4, Value 8 16 }
    SPropTagArray 8 4 { cValues 0 4, aulPropTag 4 4 }
    SPropProblem 12 4 { ulIndex 0 4, ulPropTag 4 4, scode 8 4 }
    SPropProblemArray 16 4 { cProblem 0 4, aProblem 4 12 }
    SPropAttrArray 8 4 { cValues 0 4, aPropAttr 4 4 }
    MAPINAMEID 24 8 { lpguid 0 8, ulKind 8 4, Kind 16 8, Kind.lID_Reserved 16 8, Kind.lID 16 4, Kind.lpwstrName 16 8 }
    ENTRYID 5 1 { abFlags 0 4, ab 4 1 }
    MAPIUID 16 1 { ab 0 16 }
    FLATENTRY 8 4 { cb 0 4, abEntry 4 1 }
    FLATENTRYLIST 12 4 { cEntries 0 4, cbEntries 4 4, abEntries 8 1 }
    MTSID 8 4 { cb 0 4, ab 4 1 }
    FLATMTSIDLIST 12 4 { cMTSIDs 0 4, cbMTSIDs 4 4, abMTSIDs 8 1 }
    NOTIFKEY 8 4 { cb 0 4, ab 4 1 }
    FlagList 8 4 { cFlags 0 4, ulFlag 4 4 }
    SRow 16 8 { ulAdrEntryPad 0 4, cValues 4 4, lpProps 8 8 }
    SRowSet 24 8 { cRows 0 4, aRow 8 16 }
    ADRENTRY 16 8 { ulReserved1 0 4, cValues 4 4, rgPropVals 8 8 }
    ADRLIST 24 8 { cEntries 0 4, aEntries 8 16 }
    SSortOrder 8 4 { ulPropTag 0 4, ulOrder 4 4 }
    SSortOrderSet 20 4 { cSorts 0 4, cCategories 4 4, cExpanded 8 4, aSort 12 8 }
    ROWENTRY 16 8 { ulRowFlags 0 4, cValues 4 4, rgPropVals 8 8 }
    ROWLIST 24 8 { cEntries 0 4, aEntries 8 16 }
    SAndRestriction 16 8 { cRes 0 4, lpRes 8 8 }
    SOrRestriction 16 8 { cRes 0 4, lpRes 8 8 }
    SNotRestriction 16 8 { ulReserved 0 4, lpRes 8 8 }
    SContentRestriction 16 8 { ulFuzzyLevel 0 4, ulPropTag 4 4, lpProp 8 8 }
    SBitMaskRestriction 12 4 { relBMR 0 4, ulPropTag 4 4, ulMask 8 4 }
    SPropertyRestriction 16 8 { relop 0 4, ulPropTag 4 4, lpProp 8 8 }
    SComparePropsRestriction 12 4 { relop 0 4, ulPropTag1 4 4, ulPropTag2 8 4 }
    SSizeRestriction 12 4 { relop 0 4, ulPropTag 4 4, cb 8 4 }
    SExistRestriction 12 4 { ulReserved1 0 4, ulPropTag 4 4, ulReserved2 8 4 }
    SSubRestriction 16 8 { ulSubObject 0 4, lpRes 8 8 }
    SCommentRestriction 24 8 { cValues 0 4, lpRes 8 8, lpProp 16 8 }
    SAnnotationRestriction 24 8 { cValues 0 4, lpRes 8 8, lpProp 16 8 }
    SCountRestriction 16 8 { ulCount 0 4, lpRes 8 8 }
    SRestriction 32 8 { rt 0 4, res 8 24, res.resCompareProps 8 12, res.resAnd 8 16, res.resOr 8 16, res.resNot 8 16, res.resContent 8 16, res.resProperty 8 16, res.resBitMask 8 12, res.resSize 8 12, res.resExist 8 12, res.resSub 8 16, res.resComment 8 24, res.resAnnotation 8 24, res.resCount 8 16 }
    MAPIERROR 32 8 { ulVersion 0 4, lpszError 8 8, lpszComponent 16 8, ulLowLevelError 24 4, ulContext 28 4 }
    ERROR_NOTIFICATION 32 8 { cbEntryID 0 4, lpEntryID 8 8, scode 16 4, ulFlags 20 4, lpMAPIError 24 8 }
    NEWMAIL_NOTIFICATION 56 8 { cbEntryID 0 4, lpEntryID 8 8, cbParentID 16 4, lpParentID 24 8, ulFlags 32 4, lpszMessageClass 40 8, ulMessageFlags 48 4 }
    OBJECT_NOTIFICATION 72 8 { cbEntryID 0 4, lpEntryID 8 8, ulObjType 16 4, cbParentID 20 4, lpParentID 24 8, cbOldID 32 4, lpOldID 40 8, cbOldParentID 48 4, lpOldParentID 56 8, lpPropTagArray 64 8 }
    TABLE_NOTIFICATION 80 8 { ulTableEvent 0 4, hResult 4 4, propIndex 8 24, propPrior 32 24, row 56 16, ulPad 72 4 }
    EXTENDED_NOTIFICATION 16 8 { ulEvent 0 4, cb 4 4, pbEventParameters 8 8 }
    STATUS_OBJECT_NOTIFICATION 32 8 { cbEntryID 0 4, lpEntryID 8 8, cValues 16 4, lpPropVals 24 8 }
    NOTIFICATION 88 8 { ulEventType 0 4, ulAlignPad 4 4, info 8 80, info.err 8 32, info.newmail 8 56, info.obj 8 72, info.tab 8 80, info.ext 8 16, info.statobj 8 32 }
    DTBLLABEL 8 4 { ulbLpszLabelName 0 4, ulFlags 4 4 }
    DTBLEDIT 16 4 { ulbLpszCharsAllowed 0 4, ulFlags 4 4, ulNumCharsAllowed 8 4, ulPropTag 12 4 }
    DTBLLBX 12 4 { ulFlags 0 4, ulPRSetProperty 4 4, ulPRTableName 8 4 }
    DTBLCOMBOBOX 20 4 { ulbLpszCharsAllowed 0 4, ulFlags 4 4, ulNumCharsAllowed 8 4, ulPRPropertyName 12 4, ulPRTableName 16 4 }
    DTBLDDLBX 16 4 { ulFlags 0 4, ulPRDisplayProperty 4 4, ulPRSetProperty 8 4, ulPRTableName 12 4 }
    DTBLCHECKBOX 12 4 { ulbLpszLabel 0 4, ulFlags 4 4, ulPRPropertyName 8 4 }
    DTBLGROUPBOX 8 4 { ulbLpszLabel 0 4, ulFlags 4 4 }
    DTBLBUTTON 12 4 { ulbLpszLabel 0 4, ulFlags 4 4, ulPRControl 8 4 }
    DTBLPAGE 16 4 { ulbLpszLabel 0 4, ulFlags 4 4, ulbLpszComponent 8 4, ulContext 12 4 }
    DTBLRADIOBUTTON 20 4 { ulbLpszLabel 0 4, ulFlags 4 4, ulcButtons 8 4, ulPropTag 12 4, lReturnValue 16 4 }
    DTBLMVLISTBOX 8 4 { ulFlags 0 4, ulMVPropTag 4 4 }
    DTBLMVDDLBX 8 4 { ulFlags 0 4, ulMVPropTag 4 4 }
    DTCTL 48 8 { ulCtlType 0 4, ulCtlFlags 4 4, lpbNotif 8 8, cbNotif 16 4, lpszFilter 24 8, ulItemID 32 4, ctl 40 8, ctl.lpv 40 8, ctl.lplabel 40 8, ctl.lpedit 40 8, ctl.lplbx 40 8, ctl.lpcombobox 40 8, ctl.lpddlbx 40 8, ctl.lpcheckbox 40 8, ctl.lpgroupbox 40 8, ctl.lpbutton 40 8, ctl.lpradiobutton 40 8, ctl.lpmvlbx 40 8, ctl.lpmvddlbx 40 8, ctl.lppage 40 8 }
    DTPAGE 32 8 { cctl 0 4, lpszResourceName 8 8, lpctl 24 8 }
    ADRPARM 136 8 { cbABContEntryID 0 4, lpABContEntryID 8 8, ulFlags 16 4, lpReserved 24 8, ulHelpContext 32 4, lpszHelpFileName 40 8, lpfnABSDI 48 8, lpfnDismiss 56 8, lpvDismissContext 64 8, lpszCaption 72 8, lpszNewEntryTitle 80 8, lpszDestWellsTitle 88 8, cDestFields 96 4, nDestFieldFocus 100 4, lppszDestTitles 104 8, lpulDestComps 112 8, lpContRestriction 120 8, lpHierRestriction 128 8 }
    MAPIINIT_0 8 4 { ulVersion 0 4, ulFlags 4 4 }
    RTF_WCSINFO 16 4 { size 0 4, ulFlags 4 4, ulInCodePage 8 4, ulOutCodePage 12 4 }
    RTF_WCSRETINFO 8 4 { size 0 4, ulStreamFlags 4 4 }
    OPTIONDATA 64 8 { ulFlags 0 4, lpRecipGUID 8 8, lpszAdrType 16 8, lpszDLLName 24 8, ulOrdinal 32 4, cbOptionsData 36 4, lpbOptionsData 40 8, cOptionsProps 48 4, lpOptionsProps 56 8 }
    STATSTG 80 8 { pwcsName 0 8, type_ 8 4, cbSize 16 8, mtime 24 8, ctime 32 8, atime 40 8, grfMode 48 4, grfLocksSupported 52 4, clsid 56 16, grfStateBits 72 4, reserved 76 4 }
    MapiFileDesc 40 8 { ulReserved 0 4, flFlags 4 4, nPosition 8 4, lpszPathName 16 8, lpszFileName 24 8, lpFileType 32 8 }
    MapiFileTagExt 32 8 { ulReserved 0 4, cbTag 4 4, lpTag 8 8, cbEncoding 16 4, lpEncoding 24 8 }
    MapiRecipDesc 40 8 { ulReserved 0 4, ulRecipClass 4 4, lpszName 8 8, lpszAddress 16 8, ulEIDSize 24 4, lpEntryID 32 8 }
    MapiMessage 96 8 { ulReserved 0 4, lpszSubject 8 8, lpszNoteText 16 8, lpszMessageType 24 8, lpszDateReceived 32 8, lpszConversationID 40 8, flFlags 48 4, lpOriginator 56 8, nRecipCount 64 4, lpRecips 72 8, nFileCount 80 4, lpFiles 88 8 }
    FORMPRINTSETUP 32 8 { ulFlags 0 4, hDevMode 8 8, hDevNames 16 8, ulFirstPageNumber 24 4, fPrintAttachments 28 4 }
    SMAPIFormPropEnumVal 16 8 { pszDisplayName 0 8, nVal 8 4 }
    SMAPIFormProp 88 8 { ulFlags 0 4, nPropType 4 4, nmid 8 24, pszDisplayName 32 8, nSpecialType 40 4, u 48 40, u.s1 48 40, u.s1.nmidIdx 48 24, u.s1.cfpevAvailable 72 4, u.s1.pfpevAvailable 80 8 }
    SMAPIFormPropArray 96 8 { cProps 0 4, ulPad 4 4, aFormProp 8 88 }
    SMAPIVerb 32 8 { lVerb 0 4, szVerbname 8 8, fuFlags 16 4, grfAttribs 20 4, ulFlags 24 4 }
    SMAPIVerbArray 40 8 { cMAPIVerb 0 4, aMAPIVerb 8 32 }
    SMessageClassArray 16 8 { cValues 0 4, aMessageClass 8 8 }
    SMAPIFormInfoArray 16 8 { cForms 0 4, aFormInfo 8 8 }
    TRACEENTRY 108 4 { lAction 0 4, ftArrivalTime 4 8, ftDeferredTime 12 8, rgchADMDName 20 20, rgchCountryName 40 4, rgchPRMDId 44 20, rgchAttADMDName 64 20, rgchAttCountryName 84 4, rgchAttPRMDId 88 19, bAdditionalActions 107 1 }
    TRACEINFO 112 4 { cEntries 0 4, rgtraceentry 4 108 }
    INTTRACEENTRY 180 4 { lAction 0 4, ftArrivalTime 4 8, ftDeferredTime 12 8, rgchADMDName 20 20, rgchCountryName 40 4, rgchPRMDId 44 20, rgchAttADMDName 64 20, rgchAttCountryName 84 4, rgchAttPRMDId 88 20, rgchMTAName 108 36, rgchAttMTAName 144 35, bAdditionalActions 179 1 }
    INTTRACEINFO 184 4 { cEntries 0 4, rgIntTraceEntry 4 180 }
    ACTION 64 8 { acttype 0 4, ulActionFlavor 4 4, lpRes 8 8, lpPropTagArray 16 8, ulFlags 24 4, dwAlignPad 28 4 }
    ACTIONS 16 8 { ulVersion 0 4, cActions 4 4, lpAction 8 8 }
    READSTATE 24 8 { cbSourceKey 0 4, pbSourceKey 8 8, ulFlags 16 4 }
    ACCT_BIN 16 8 { cb 0 4, pb 8 8 }
    ACCT_VARIANT 24 8 { dwType 0 4, Val 8 16, Val.dw 8 4, Val.pwsz 8 8, Val.bin 8 16 }
    FILETIME 8 4 { dwLowDateTime 0 4, dwHighDateTime 4 4 }
}
