#!/usr/bin/perl
# Reads message files with Email::Outlook::Message, as msgconvert does, and prints the mail it makes of
# each, one JSON object a line. Boundaries and what is new in every run are left out.
#
# Usage: read_msg.pl < list of files

use strict;
use warnings;
use Digest::SHA qw(sha1_hex);
use Email::Date::Format;
use Email::Outlook::Message;
use File::Basename;
use JSON::PP;
use Time::HiRes qw(ITIMER_VIRTUAL setitimer);

my $json = JSON::PP->new->canonical->ascii;
$SIG{__WARN__} = sub { };
$| = 1;

sub digest {
    my ($bytes) = @_;
    utf8::encode($bytes) if utf8::is_utf8($bytes);
    return substr(sha1_hex($bytes), 0, 16);
}

# A header's value without what is made up in each run: boundaries, identifiers of parts, the present.
sub lasting {
    my ($name, $value) = @_;
    $value =~ s/boundary="?[^";]+"?/boundary/;
    return 'made up' if $name eq 'Content-ID' && $value =~ /^<\d+\.\w+\.\d+\@[^>]*>$/;
    my $made = $name eq 'Date' ? eval { Email::Date::Format::email_gmdate() } : undef;
    return 'made up' if defined $made && substr($made, 0, 16) eq substr($value, 0, 16);
    return $value;
}

# A part with its header and its parts, or the digest of what is in it.
sub whole {
    my ($part) = @_;
    my %header;
    for my $name ($part->header_names) {
        next if lc($name) eq 'mime-version';
        $header{$name} = [ map { lasting($name, $_) } $part->header_raw($name) ];
    }
    my @parts = $part->subparts;
    @parts = (Email::MIME->new($part->body)) if ($part->content_type // '') =~ m{^message/rfc822}i;
    return { header => \%header, parts => [ map { whole($_) } @parts ] } if @parts;
    return { header => \%header, body => digest($part->body) };
}

# The data of attachments, in order, whatever is around them.
sub attached {
    my ($part, $found) = @_;
    my @parts = $part->subparts;
    attached($_, $found) for @parts;
    my $disposition = $part->header('Content-Disposition') // '';
    push @$found, digest($part->body) if !@parts && $disposition =~ /^(attachment|inline)/i;
    return $found;
}

sub recipients {
    my ($mail) = @_;
    my $count = 0;
    for my $name (qw(To Cc Bcc)) {
        my @found = grep { /\S/ } split /,(?=(?:[^"]*"[^"]*")*[^"]*$)/, $mail->header($name) // '';
        $count += @found;
    }
    return $count;
}

while (my $path = <STDIN>) {
    chomp $path;
    my %answer = (file => basename($path));
    my $mail = eval {
        # Of the processor's time: a machine that has other work to do makes no file unreadable.
        local $SIG{VTALRM} = sub { die "no answer after 60 s\n" };
        setitimer(ITIMER_VIRTUAL, 60);
        my $made = Email::Outlook::Message->new($path)->to_email_mime;
        setitimer(ITIMER_VIRTUAL, 0);
        $made;
    };
    my $fault = $@;
    setitimer(ITIMER_VIRTUAL, 0);
    if (defined $mail) {
        my $tree = eval { whole($mail) };
        $answer{subject} = $mail->header('Subject');
        $answer{recipients} = recipients($mail);
        $answer{attachments} = attached($mail, []);
        $answer{body} = length($mail->body_raw) > 0 ? JSON::PP::true : JSON::PP::false;
        $answer{all} = $tree;
    }
    else {
        $fault =~ s/ at \S+ line \d+.*//s;
        $answer{error} = substr($fault, 0, 120);
    }
    print $json->encode(\%answer), "\n";
}
